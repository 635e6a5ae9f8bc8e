/**
 * The schema of `baton.config.json`: the one place where its keys are declared. The reader, the page `docs/configuration.md` and the JSON
 * Schema for editors are made from it, and the egress policy's own schema says what its keys may be.
 */
import { z } from "zod";
import { egressPolicySchema } from "../host-api/fetch/policy.ts";
import { pythonSettingsSchema } from "../languages/python/compile/settings.ts";
import { limitsSchema } from "../runtime/limits.ts";
import { WALL_NAMES } from "../sandbox/index.ts";

const texts = z.array(z.string("expected text in double quotes"), "expected a list of texts");
const { hosts, methods, ports, http, private: exceptions } = egressPolicySchema.shape;

const egress = z
  .strictObject(
    {
      hosts: hosts.describe("Host names, `*.name` for every name below it, or `*` for any public host."),
      methods: methods.describe(
        "Methods that may be used; without it GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS.",
      ),
      ports: ports.describe("Ports that may be used; without it 443, and 80 with `http`."),
      http: http.describe("`true` allows plain HTTP."),
      private: exceptions.describe(
        "`host:port` exceptions from the rule that only public addresses are reached, one by one.",
      ),
      ca: z
        .string("expected the path of a PEM file")
        .min(1)
        .optional()
        .describe(
          "A PEM file with certificate authorities to trust beside those that Node trusts, seen from the configuration.",
        ),
    },
    "expected an object with hosts",
  )
  .describe("Which hosts `fetch` may reach; without it none.");

const packages = z
  .strictObject(
    {
      folder: z
        .string("expected a folder, from where the configuration is")
        .min(1)
        .describe("The folder whose `node_modules` has the packages, seen from the configuration."),
      allow: z
        .record(z.string(), z.string("expected an exact version"), "expected an object of names and exact versions")
        .describe("Names of packages that actions may import, each with its exact version."),
    },
    "expected an object with folder and allow",
  )
  .describe("npm packages that actions may import; without it none.");

const engine = z
  .strictObject(
    {
      optimize: z
        .union([z.literal("maglev"), z.boolean()], 'expected "maglev", true or false')
        .optional()
        .describe(
          '`"maglev"` (the default) leaves V8\'s top tier off, `true` has all its compilers work, `false` none that optimizes.',
        ),
    },
    "expected an object with optimize",
  )
  .describe("How V8 works for actions ([walls](security.md#walls-of-the-operating-system)).");

const secretName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a secret's name has letters, digits and _ only");
const secret = z.strictObject(
  { hosts: texts.describe("Hosts that the secret may be sent to: names, or `*.name`, each also with a port.") },
  "expected an object with hosts (the value belongs in the file of --env-file)",
);

export const configSchema = z.strictObject(
  {
    $schema: z.string("expected text").optional().describe("The JSON Schema of this file, for editors."),
    root: z
      .string("expected a folder, from where the configuration is")
      .min(1)
      .optional()
      .describe(
        "The folder whose files actions may import, seen from the configuration; without it an action's own folder.",
      ),
    limits: limitsSchema.optional().describe("Any of the [limits](contract.md#limits) of a run."),
    egress: egress.optional(),
    packages: packages.optional(),
    python: pythonSettingsSchema
      .optional()
      .describe("Helpers and packages of Python actions; see [Actions in Python](python.md#files-and-packages)."),
    engine: engine.optional(),
    requireWalls: z
      .array(z.enum(WALL_NAMES, `expected the name of a wall: ${WALL_NAMES.join(", ")}`), "expected a list of walls")
      .optional()
      .describe("[Walls](security.md#walls-of-the-operating-system) without which nothing runs; without it none."),
    secrets: z
      .record(secretName, secret, "expected an object of secrets")
      .optional()
      .describe("The names of secrets, each with the hosts that it is meant for; never a value."),
  },
  "expected an object",
);

/** The keys that may stand at a path. */
export function configKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(configSchema.shape);
  if (path[0] === "limits") return Object.keys(limitsSchema.shape);
  if (path[0] === "egress") return Object.keys(egress.shape);
  if (path[0] === "engine") return Object.keys(engine.shape);
  if (path[0] === "packages") return Object.keys(packages.shape);
  if (path[0] === "python") return path.length === 1 ? Object.keys(pythonSettingsSchema.shape) : ["folder", "allow"];
  return path.length > 1 ? ["hosts"] : [];
}
