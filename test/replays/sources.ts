/** A grammar of actions whose results hang on everything that may differ between two runs: clocks, randomness, the order of turns, answers. */
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";

const EC = JSON.stringify(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }));
const RSA = JSON.stringify(generateKeyPairSync("rsa", { modulusLength: 1_024 }).privateKey.export({ format: "jwk" }));

const ms = fc.integer({ min: 0, max: 12 });
const size = fc.integer({ min: 0, max: 70 });
const path = fc.constantFrom("text", "json", "chunks", "large", "missing", "redirect", "cut", "slow", "refused");

/** Statements that push what they saw. */
const simple = fc.oneof(
  fc.constantFrom(
    "out.push(Date.now(), new Date().toISOString(), Date())",
    "out.push(Math.random(), Math.random())",
    "out.push(performance.now(), performance.timeOrigin)",
    "out.push(String(Temporal.Now.instant()), String(Temporal.Now.plainTimeISO()))",
    "out.push(new Intl.DateTimeFormat('en-US', { dateStyle: 'full', timeStyle: 'long' }).format())",
    "out.push(crypto.randomUUID())",
    "out.push(new Event('x').timeStamp, new File(['a'], 'f').lastModified)",
    "out.push(new Date(2026, 0, 1).getTime(), Date.UTC(2026, 1))",
    "console.log('at', Date.now(), Math.random()); console.warn({ id: crypto.randomUUID() })",
    "console.time('t'); console.timeEnd('t')",
    "out.push([3, 1, 2, 5].toSorted(() => Math.random() - 0.5))",
    "queueMicrotask(() => out.push(Math.random()))",
    "out.push(hand_off_conversation(context, `because of ${Math.random()}`))",
    "out.push(hand_off_conversation(context, 'a call', '+15551234567').success)",
    "out.push(structuredClone({ at: new Date(), r: Math.random() }))",
    "out.push(new URL(`https://x.example/${Math.random()}?q=${crypto.randomUUID()}`).href)",
    "out.push(btoa(String(Math.random())), new TextEncoder().encode(String(Date.now())).length)",
    "setTimeout(() => out.push('late', Math.random()), 5)",
    "fetch('https://x.example/slow').catch(() => {})",
    "out.push([...new URLSearchParams({ r: Math.random() })])",
  ),
  size.map((count) => `out.push([...crypto.getRandomValues(new Uint8Array(${count}))])`),
  size.map((count) => `out.push([...crypto.getRandomValues(new Uint32Array(${count}))].length)`),
); // prettier-ignore

const waiting = fc.oneof(
  ms.map((n) => `await wait(${n}); out.push(Date.now())`),
  fc.tuple(ms, ms).map(([a, b]) => `out.push(await Promise.race([wait(${a}, 'a'), wait(${b}, 'b')]))`),
  fc.tuple(ms, ms, ms).map(([a, b, c]) => `await Promise.all([${a}, ${b}, ${c}].map(async (n, i) => { await wait(n); out.push(i); }))`),
  ms.map((n) => `await new Promise((ok) => { let n = 0; const t = setInterval(() => { out.push(Date.now()); if (++n > 2) { clearInterval(t); ok(); } }, ${n}); })`),
  path.map((to) => `out.push(await get('${to}'))`),
  fc.tuple(path, ms).map(([to, n]) => `out.push(await Promise.race([get('${to}'), wait(${n}, 'gave up')]))`),
  fc.tuple(path, ms).map(([to, n]) => `out.push(await get('${to}', { signal: AbortSignal.timeout(${n}) }))`),
  fc.tuple(path, path, path).map((all) => `out.push(await Promise.all([${all.map((to) => `get('${to}')`).join(", ")}]))`),
  fc.constantFrom(
    "out.push(await get('json', { method: 'POST', body: JSON.stringify({ r: Math.random(), at: Date.now() }) }))",
    "out.push(await get('text', { method: 'POST', body: crypto.getRandomValues(new Uint8Array(40)) }))",
    "{ const form = new FormData(); form.set('r', String(Math.random())); out.push(await get('text', { method: 'POST', body: form })); }",
    "for await (const chunk of (await fetch('https://x.example/chunks')).body) out.push(chunk.length)",
    "out.push(hex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(String(Math.random())))))",
    "{ const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign']); out.push(hex(await crypto.subtle.sign('HMAC', key, bytes)), (await crypto.subtle.exportKey('jwk', key)).k); }",
    "{ const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']); const iv = crypto.getRandomValues(new Uint8Array(12)); out.push(hex(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, bytes))); }",
    `{ const key = await crypto.subtle.importKey('jwk', ${EC}, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']); out.push(hex(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, bytes))); }`,
    `{ const key = await crypto.subtle.importKey('jwk', ${RSA}, { name: 'RSA-PSS', hash: 'SHA-256' }, false, ['sign']); out.push(hex(await crypto.subtle.sign({ name: 'RSA-PSS', saltLength: 20 }, key, bytes))); }`,
    "out.push(await new Response(new Blob([bytes, String(Math.random())]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer().then(hex))",
    "{ const { readable, writable } = new TransformStream({ transform(c, to) { to.enqueue(c + Math.random()); } }); const w = writable.getWriter(); w.write('a'); w.write('b'); w.close(); for await (const c of readable) out.push(c, Date.now()); }",
    "{ let n = 0; const s = new ReadableStream({ async pull(to) { await wait(1); to.enqueue(Math.random()); if (++n > 3) to.close(); } }); const [a, b] = s.tee(); for await (const c of a) out.push(c); for await (const c of b) out.push(c); }",
    "try { await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-512', salt: bytes, iterations: 999999 }, await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveBits']), 4096); } catch (error) { out.push(error.name); }",
    "await Promise.reject(new Error(`no ${Math.random()}`)).catch((error) => out.push(error.stack))",
  ),
); // prettier-ignore

const ending = fc.oneof(
  { weight: 8, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: fc.constantFrom(
    "throw new TypeError(`at ${Date.now()} ${Math.random()}`)",
    "Promise.reject(new Error(String(Math.random()))); await wait(3)",
    "await new Promise(() => {})",
    "return { out, big: 10n }",
    "await wait(1); null.x",
  ) },
); // prettier-ignore

const block = fc.array(fc.oneof(simple, waiting), { minLength: 1, maxLength: 6 });
const parallel = fc
  .tuple(block, block)
  .map(
    ([left, right]) =>
      `await Promise.all([(async () => {\n${left.join(";\n")};\n})(), (async () => {\n${right.join(";\n")};\n})()])`,
  );

export const actions = fc
  .tuple(fc.array(fc.oneof({ weight: 4, arbitrary: simple }, { weight: 4, arbitrary: waiting }, { weight: 1, arbitrary: parallel }), { minLength: 1, maxLength: 7 }), ending)
  .map(([statements, end]) => `
const out = [];
const loaded = [Date.now(), Math.random()];
const bytes = new Uint8Array([1, 2, 3, 200]);
const hex = (buffer) => new Uint8Array(buffer).toHex();
const wait = (ms, value) => new Promise((ok) => setTimeout(ok, ms, value));
const get = async (to, init) => {
  try {
    const response = await fetch('https://' + (to === 'refused' ? 'other.example' : 'x.example/' + to), init);
    const text = await response.text();
    return [response.status, response.url, text.length, text.slice(0, 80), Date.now()];
  } catch (error) { return [error.name, error.message, error.code, Date.now()]; }
};
export async function execute_action(context) {
${statements.join(";\n")};
${end}
return { loaded, out };
}`); // prettier-ignore

const pythonStatements = fc.oneof(
  fc.constantFrom(
    "out.append([time.time(), time.monotonic(), time.perf_counter()])",
    "out.append(datetime.now(timezone.utc).isoformat())",
    "out.append(str(datetime.now(ZoneInfo('America/New_York'))))",
    "out.append([random.random(), random.randint(1, 10 ** 9), random.sample(range(100), 5)])",
    "out.append([str(uuid.uuid4()), secrets.token_hex(8), os.urandom(6).hex()])",
    "out.append(hand_off_conversation(context, 'because of ' + str(random.random())))",
    "out.append([get('text'), get('json')])",
    "out.append(get('chunks'))",
    "out.append(get('missing'))",
    "out.append(get('refused'))",
    "out.append(post(secrets.token_bytes(20)))",
    "print('at', time.time(), random.random())",
    "logging.warning('w %s', uuid.uuid4())",
    "out.append(hashlib.sha256(os.urandom(9)).hexdigest())",
    "out.append(list({str(uuid.uuid4()) for _ in range(3)}))",
    "out.append([hash('text'), sorted(vars(random.Random()).keys())[:1]])",
    "out.append(asyncio.run(both()))",
    "out.append(open('/tmp/f', 'w').write(str(random.random())))",
    "out.append(os.stat('/tmp').st_mtime)",
  ),
  ms.map((n) => `time.sleep(${n / 1000}); out.append(time.time())`),
);

const pythonEnding = fc.oneof(
  { weight: 6, arbitrary: fc.constant("return {'out': out}") },
  { weight: 1, arbitrary: fc.constantFrom("raise ValueError(str(random.random()))", "return {'out': {1, 2}}", "while True: time.sleep(1)") },
); // prettier-ignore

export const pythonActions = fc
  .tuple(fc.array(pythonStatements, { minLength: 1, maxLength: 6 }), pythonEnding)
  .map(([statements, end]) => `import asyncio, hashlib, logging, os, random, secrets, time, uuid
import requests
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

LOADED = [time.time(), random.random()]

def get(to):
    try:
        host = 'other.example' if to == 'refused' else 'x.example/' + to
        response = requests.get('https://' + host)
        return [response.status_code, response.text[:80], len(response.text), time.time()]
    except Exception as error:
        return [type(error).__name__, str(error)]

def post(data):
    return requests.post('https://x.example/text', data=data, timeout=0.02 if random.random() < 0.3 else 5).status_code

async def both():
    async def one(n):
        await asyncio.sleep(n / 1000)
        return [n, time.time(), random.random()]
    return await asyncio.gather(one(3), one(1), one(2))

def execute_action(context):
    out = [LOADED]
    try:
${statements.map((line) => `        ${line}`).join("\n")}
    except Exception as error:
        out.append([type(error).__name__, str(error)])
    ${end}
`); // prettier-ignore
