/** Simulated conversations: begun, played from all sides, and saved as scenarios. */
import { dirname, join } from "node:path";
import { z } from "zod";
import { isScenarioFile } from "../../../author/scenarios/files.ts";
import type { Conversation } from "../../../author/simulator/conversation.ts";
import type { Turn } from "../../../author/simulator/history.ts";
import type { Json } from "../../../runtime/index.ts";
import { answersOf } from "../answers.ts";
import { actionOf, fileIn, keepRun, seenFrom, type Parts } from "../parts.ts";
import { badRequest, get, post, type Route } from "../route.ts";
import { resultOf } from "../scenario-result.ts";

const json: z.ZodType<Json> = z.json();
const id = z.string().max(20);
const said = z.string().trim().min(1, "is empty").max(10_000);
const channel = z.enum(["chat", "email", "phone"]);

const doSchema = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("customer_says"), text: said }),
  z.strictObject({ do: z.literal("bot_says"), text: said }),
  z.strictObject({ do: z.literal("agent_says"), text: said }),
  z.strictObject({ do: z.literal("ring") }),
  z.strictObject({ do: z.literal("press"), key: z.string().regex(/^[0-9*#]$/, "is no key of a telephone") }),
  z.strictObject({ do: z.literal("hang_up") }),
  z.strictObject({ do: z.literal("answer"), how: z.enum(["answers", "declines", "busy", "voicemail", "no_answer"]) }),
  z.strictObject({ do: z.literal("run"), action: z.string(), args: json }),
  z.strictObject({ do: z.literal("cancel") }),
  z.strictObject({ do: z.literal("take_over") }),
  z.strictObject({ do: z.literal("hand_back") }),
  z.strictObject({
    do: z.literal("set"),
    channel: channel.optional(),
    now: z.iso.datetime({ offset: true, error: "is not an ISO time" }).nullable().optional(),
    environment: z.enum(["production", "test", "mock"]).optional(),
    carrier: z.enum(["accepts", "refuses", "never_answers"]).optional(),
    ringSeconds: z.int().min(1).max(600).optional(),
    subject: z.string().max(1_000).optional(),
    http: z.array(json).max(100).optional(),
  }),
]);

type Deed = z.infer<typeof doSchema>;

export const conversationRoutes: readonly Route[] = [
  get("/api/conversations", async ({ simulator }) => Promise.all(simulator.conversations.map((each) => each.view()))),
  post("/api/conversations", z.strictObject({ context: json, channel }), async (parts, body) => {
    const conversation = await parts.simulator.begin(body.context, body.channel);
    return conversation.view();
  }),
  post("/api/conversation", z.strictObject({ id, deed: doSchema }), async (parts, body) => {
    const conversation = parts.simulator.find(body.id);
    await play(parts, conversation, body.deed);
    return conversation.view();
  }),
  post("/api/conversation/end", z.strictObject({ id }), ({ simulator }, body) => {
    simulator.end(body.id);
    return {};
  }),
  post(
    "/api/conversation/save",
    z.strictObject({ id, file: z.string().min(1).max(500), replace: z.boolean() }),
    async (parts, body) => {
      const first = parts.simulator.find(body.id).turns[0];
      // A bare name lies beside the first action, where it is found.
      const isBare = !/[\\/]/.test(body.file);
      const file = isBare && first !== undefined ? join(dirname(first.action), body.file) : fileIn(parts, body.file);
      fileIn(parts, file);
      if (!isScenarioFile(file) || !/\.(?:json|ya?ml)$/.test(file))
        throw badRequest("The name of a scenario file ends in .scenario.yaml or .scenario.json.");
      const { result } = await parts.simulator.save(body.id, file, body.replace);
      return { file: seenFrom(parts.folder, file), result: resultOf(result) };
    },
  ),
];

async function play(parts: Parts, conversation: Conversation, deed: Deed): Promise<void> {
  switch (deed.do) {
    case "customer_says":
      return conversation.customerSays(deed.text);
    case "bot_says":
      return conversation.botSays(deed.text);
    case "agent_says":
      return conversation.agentSays(deed.text);
    case "ring":
      return conversation.ring();
    case "press":
      return conversation.press(deed.key);
    case "hang_up":
      return conversation.hangUp();
    case "answer":
      return conversation.answer(deed.how);
    case "cancel":
      return conversation.cancel();
    case "take_over":
      return conversation.takeOver();
    case "hand_back":
      return conversation.handBack();
    case "run":
      return keepTurn(parts, await conversation.run(actionOf(parts, deed.action), deed.args));
    case "set": {
      const { do: _, http, ...settings } = deed;
      return conversation.set({ ...settings, ...(http !== undefined && { http: answersOf(http) }) });
    }
    default:
      return deed satisfies never;
  }
}

function keepTurn(parts: Parts, turn: Turn): void {
  const { action, outcome, steps, unanswered, context } = turn;
  const failures = unanswered.map((request) => ({
    path: "http",
    message: `the action asked for ${request}, and no answer is given for it`,
  }));
  const ok = failures.length === 0 && outcome.status === "returned";
  const seen = seenFrom(parts.folder, action);
  keepRun(
    parts,
    { action: seen, scenario: null, origin: "simulator", outcome, ok, failures, steps, context },
    outcome.usage.wallMs,
  );
}
