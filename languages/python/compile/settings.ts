/** Settings of Python: what a runtime's options say of Python: helpers that every action has, and the wheels that actions may import. */
import { z } from "zod";

const sha256 = z.string().regex(/^(?:sha256[:=-])?[0-9a-f]{64}$/i, "expected the SHA-256 of the wheel, in hexadecimal");

export const pythonSettingsSchema = z.strictObject(
  {
    globals: z
      .string("expected the path of a .py file")
      .min(1)
      .optional()
      .describe(
        "A Python file whose public names are among the builtins of every action, seen from the configuration.",
      ),
    packages: z
      .strictObject(
        {
          folder: z
            .string("expected a folder of wheels")
            .min(1)
            .describe("The folder that the wheels lie in, seen from the configuration."),
          allow: z
            .record(z.string(), sha256, "expected an object of wheels and their SHA-256")
            .describe("File names of wheels that actions may import from, each with its SHA-256."),
        },
        "expected an object with folder and allow",
      )
      .optional()
      .describe("Pure-Python packages that actions may import; without it none."),
  },
  "expected an object with globals or packages",
);

export type PythonSettings = z.infer<typeof pythonSettingsSchema>;
