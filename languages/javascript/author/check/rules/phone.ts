/** Phone numbers that are written out and no live call could be transferred to. */
import { isE164 } from "../../../../../host-api/phone.ts";
import { handOffCalls } from "../hand-off-calls.ts";
import type { Report } from "../report.ts";
import { literalTexts } from "../syntax.ts";
import type { Source } from "../syntax.ts";

export function phoneNotE164(source: Source, report: Report): void {
  for (const { phone } of handOffCalls(source)) {
    const wrong = phone && literalTexts(source, phone).find((text) => text !== "" && !isE164(text));
    if (phone && wrong) {
      const text = `${JSON.stringify(wrong.slice(0, 64))} is not E.164, so no call would be transferred: write a plus sign, the country code and the number, without spaces, such as "+15551234567".`;
      report("PHONE_NOT_E164", phone, text);
    }
  }
}
