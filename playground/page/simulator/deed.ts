/** Deeds: what can be done in a simulated conversation, and how it is asked for. */
import type { ConversationView } from "../../../author/simulator/history.ts";
import { api, keepConversation } from "../store.ts";

export async function doIn(
  { id }: Pick<ConversationView, "id">,
  deed: Readonly<Record<string, unknown>>,
): Promise<void> {
  keepConversation(await api.post<ConversationView>("/api/conversation", { id, deed }));
}
