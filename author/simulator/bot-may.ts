/** The bot's leave to say something now: the outcome's word in the turn of a run, the ledger's for everything later. */
import type { DurableHandoffs } from "../../delivery/index.ts";
import type { Outcome } from "../../runtime/index.ts";

export interface BotMay {
  readonly speak: boolean;
  /** A sentence for people. */
  readonly why: string;
}

/** `answer` is what the last run of this turn said of the bot; null once the turn is over. */
export async function botMay(
  handoffs: DurableHandoffs,
  place: { readonly tenant: string; readonly conversationId: string },
  answer: Outcome["bot"] | null,
): Promise<BotMay> {
  if (answer !== null && !answer.mayReplyLater) {
    return answer.mayReplyNow
      ? { speak: true, why: "The outcome allows one more answer in this turn, and none later." }
      : {
          speak: false,
          why: "The outcome says that the bot says nothing more: mayReplyNow and mayReplyLater are false.",
        };
  }
  if (await handoffs.canReply(place)) return { speak: true, why: "The bot has the conversation." };
  const { state, epoch } = await handoffs.getConversation(place);
  return { speak: false, why: `The conversation is ${state.replaceAll("_", " ")} in epoch ${epoch}: a human has it.` };
}
