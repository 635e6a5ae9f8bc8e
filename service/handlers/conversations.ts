/** Conversations and the outbox, on the ledger's own operations. */
import {
  isTelnyx,
  readDialResult,
  readTelnyxEvent,
  type ConversationView,
  type DialReport,
} from "../../delivery/index.ts";
import { notFound, ProblemError } from "../fault.ts";
import type { Parts } from "../parts.ts";
import { providerSecrets } from "../providers/sealing.ts";
import { keyOf } from "../../delivery/store-names.ts";
import type { conversationRoutes } from "../routes/conversations.ts";
import { audit } from "./audit.ts";
import { actorOf, NO_CONTENT, ok, type Handlers } from "./handler.ts";
import { changeOutbox, outboxPage, retryMany } from "./outbox.ts";

export const conversationHandlers: Handlers<keyof typeof conversationRoutes> = {
  async getConversation(parts, { params }) {
    return ok(
      view(await parts.handoffs.getConversation({ tenant: params.tenant, conversationId: params.conversation })),
    );
  },
  async handBack(parts, call) {
    const { tenant, conversation: conversationId } = call.params;
    const after = await parts.handoffs.handBack({ tenant, conversationId });
    await audit(parts, actorOf(call), "conversation.hand-back", tenant, conversationId);
    return ok(view(after));
  },
  async purgeConversation(parts, call) {
    const { tenant, conversation: conversationId } = call.params;
    await parts.recorder.flush();
    await parts.recordings.flush();
    await parts.handoffs.purge({ tenant, conversationId });
    const key = { tenant, conversationId: keyOf(conversationId) };
    await parts.store.run("purgeRuns", key);
    await parts.store.run("purgeRecordings", key);
    await audit(parts, actorOf(call), "conversation.purge", tenant, conversationId);
    return NO_CONTENT;
  },
  tenantOutbox: async (parts, { params, query }) => ok(await outboxPage(parts, params.tenant, query)),
  outbox: async (parts, { query }) => ok(await outboxPage(parts, query.tenant ?? null, query)),
  async retryOne(parts, call) {
    return ok(await changeOutbox(parts, "retry", call.params, actorOf(call)));
  },
  async dropOne(parts, call) {
    return ok(await changeOutbox(parts, "drop", call.params, actorOf(call)));
  },
  async retryMany(parts, call) {
    const retried = await retryMany(parts, call.params.tenant, call.body ?? {});
    await audit(parts, actorOf(call), "outbox.retry", call.params.tenant, "*");
    return ok({ retried });
  },
  async transferResult(parts, call) {
    const { intent: intentId } = call.params;
    const entry = await parts.handoffs.outbox.show(intentId);
    if (entry === null) throw notFound("transfer");
    const { result, code } = call.body;
    const state = await parts.handoffs.reportTransfer({ intentId, result, ...(code === undefined ? {} : { code }) });
    if (state === null) throw notFound("transfer");
    return ok({ intentId, state });
  },
  async twilioCallback(parts, { params, body, url, header }) {
    const tenant = await parts.registry.tenant(params.tenant);
    const [authToken] =
      tenant?.settings.providers?.transfers?.type === "twilio" ? providerSecrets(tenant, "transfers") : [];
    const signature = header("x-twilio-signature");
    // What is not there and what is signed wrongly answer alike, so that no answer shows which tenants there are.
    const report =
      authToken === undefined || signature === undefined
        ? null
        : readDialResult({ url, form: body ?? {}, signature, authToken });
    if (report === null || !(await takeReport(parts, params.tenant, report))) throw unsigned("Twilio");
    return {
      status: 200,
      body: '<?xml version="1.0" encoding="UTF-8"?><Response/>',
      headers: { "content-type": "text/xml; charset=utf-8" },
    };
  },
  async telnyxCallback(parts, { params, body, header }) {
    const transfers = (await parts.registry.tenant(params.tenant))?.settings.providers?.transfers;
    const publicKey = transfers?.type === "telnyx" ? transfers.publicKey : undefined;
    const signed = { body, signature: header("telnyx-signature-ed25519"), timestamp: header("telnyx-timestamp") };
    if (publicKey === undefined || !isTelnyx({ ...signed, publicKey, now: parts.now })) throw unsigned("Telnyx");
    // An application's address is posted everything that happens to its calls: most is about no transfer of ours.
    const report = readTelnyxEvent({ ...signed, publicKey, now: parts.now });
    return ok({ taken: report !== null && (await takeReport(parts, params.tenant, report)) });
  },
};

const unsigned = (carrier: string): ProblemError =>
  new ProblemError(403, "SIGNATURE_INVALID", `This is not signed by the tenant's ${carrier} account.`);

/** False: it is about no transfer of this tenant. */
async function takeReport(parts: Parts, tenant: string, report: DialReport): Promise<boolean> {
  const entry = await parts.handoffs.outbox.show(report.intentId);
  if (entry === null || entry.tenant !== tenant) return false;
  await parts.handoffs.reportTransfer(report);
  return true;
}

function view({ tenant, conversationId, state, epoch, handoff }: ConversationView): object {
  return { tenant, conversationId, state, epoch, canReply: state === "bot", handoff };
}
