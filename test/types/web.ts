declare global {
  interface BatonSecrets {
    ORDERS_TOKEN: SecretPlaceholder;
    LOGIN: SecretPlaceholder;
  }
}

// What an action may write of the web platform where neither the DOM's types nor Node's are there. Only type-checked, never run.
export async function execute_action({ args }: ActionContext<{ id: string }>): Promise<unknown> {
  const url = new URL(`/orders/${encodeURIComponent(args.id)}`, "https://api.shop.example");
  url.searchParams.set("expand", "items");
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${secrets.ORDERS_TOKEN}`, other: secrets.LOGIN.basic("bot") },
    signal: AbortSignal.any([AbortSignal.timeout(2_000), new AbortController().signal]),
  });
  await new Promise((later) => setTimeout(later, 50));
  for await (const chunk of response.clone().body ?? []) console.log(new TextDecoder().decode(chunk));
  const packed = new Blob(["text"]).stream().pipeThrough(new CompressionStream("gzip"));
  const { id } = new URLPattern({ pathname: "/orders/:id" }).exec(url.href)?.pathname.groups ?? {};
  const upper = new TransformStream<string, string>({ transform: (text, out) => out.enqueue(text.toUpperCase()) });
  await packed.pipeThrough(new DecompressionStream("gzip")).pipeThrough(new TextDecoderStream()).pipeThrough(upper).cancel(id); // prettier-ignore
  if (navigator.userAgent !== "baton-runtime") reportError(new Error("elsewhere"));
  const form = new FormData();
  form.append("file", new File(["text"], "a.txt"), "b.txt");
  const posted: Response = await fetch("https://a.example", { method: "POST", body: form });
  // @ts-expect-error a status is a number
  const wrong: string = posted.status;
  return [await response.json(), structuredClone({ wrong }), crypto.randomUUID(), btoa("x"), performance.now()];
}

/** The names for arguments are there too. */
export async function signed(body: BodyInit, init: RequestInit, key: JsonWebKey): Promise<CryptoKey> {
  const query = new URLSearchParams("a=1");
  query.forEach((value, name) => console.log(name, value));
  for (const [name, value] of query.entries()) console.timeLog(name, value);
  const request = new Request("https://a.example", { ...init, body, keepalive: true } satisfies RequestInit);
  const { id }: { id: string } = await request.json();
  request.signal.addEventListener("abort", { handleEvent: (event) => console.log(event.type, id) }, { once: true });
  const imported: CryptoKey = await crypto.subtle.importKey("jwk", key, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  const code: ArrayBuffer = await crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(id));
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  const shared: ArrayBuffer = await crypto.subtle.deriveBits({ name: "ECDH", public: pair.publicKey }, pair.privateKey);
  const made: CryptoKey = await crypto.subtle.generateKey({ name: "AES-CTR", length: 256 }, true, ["encrypt"]);
  await crypto.subtle.wrapKey("raw", made, imported, "AES-KW").then((bytes) => bytes.byteLength + shared.byteLength);
  const { privateKey }: CryptoKeyPair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const seconds: number = (await crypto.subtle.exportKey("raw", privateKey)).byteLength;
  console.log(seconds);
  // @ts-expect-error a key is for uses that there are
  await crypto.subtle.importKey("raw", code, "HKDF", false, ["guess"]);
  return imported;
}
