import { LONG, describeAttacks } from "../harness.ts";

const ends = ["out_of_memory OUT_OF_MEMORY", "threw ACTION_THREW", "timed_out CPU_LIMIT"];
const limits = LONG;
const keep = (make: string): string => `const all = []; for (;;) all.push(${make});`;

describeAttacks("memory in ICU's hands", {
  segmenters: {
    source: keep("new Intl.Segmenter('en', { granularity: 'word' }).segment('x y '.repeat(1e5))[Symbol.iterator]()"),
    ends,
    limits,
  },
  "date formats": { source: keep("new Intl.DateTimeFormat('en', { timeZone: 'Asia/Tokyo' })"), ends, limits },
  "number formats": {
    source: keep("new Intl.NumberFormat('ar-EG', { style: 'currency', currency: 'EUR' })"),
    ends,
    limits,
  },
  collators: { source: keep("new Intl.Collator('de-u-co-phonebk')"), ends, limits },
  "display names": { source: keep("new Intl.DisplayNames('zh', { type: 'region' })"), ends, limits },
});
