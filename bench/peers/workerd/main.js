// Keeps the action's code from its first request on, then loads it anew for each run. `load` never reuses an isolate.
import { WorkerEntrypoint } from "cloudflare:workers";

const codes = new Map();

export class Host extends WorkerEntrypoint {
  async ask() {
    return { success: true, message: "The conversation was handed off." };
  }
}

export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (request.method === "PUT") {
      codes.set(pathname, await request.text());
      return new Response("kept");
    }
    if (pathname === "/echo") return new Response(await request.text());
    const worker = env.LOADER.load({
      compatibilityDate: "2026-01-01",
      mainModule: "guest.js",
      modules: { "guest.js": codes.get(pathname) },
      env: { HOST: context.exports.Host({ props: {} }) },
      globalOutbound: null,
    });
    return worker.getEntrypoint().fetch(request);
  },
};
