/** One row of the server's table: a method, a path, what its body may be, and what answers it. */
import type { z } from "zod";
import { badRequest } from "./bad-request.ts";
import type { Parts } from "./parts.ts";

export { badRequest } from "./bad-request.ts";

export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  answer(parts: Parts, request: { readonly query: URLSearchParams; readonly body: unknown }): Promise<unknown>;
}

export function get(path: string, answer: (parts: Parts, query: URLSearchParams) => unknown): Route {
  return { method: "GET", path, answer: async (parts, { query }) => answer(parts, query) };
}

export function post<S extends z.ZodType>(
  path: string,
  schema: S,
  answer: (parts: Parts, body: z.infer<S>) => unknown,
): Route {
  return {
    method: "POST",
    path,
    async answer(parts, { body }) {
      const read = schema.safeParse(body);
      if (read.success) return answer(parts, read.data);
      const [issue] = read.error.issues;
      throw badRequest(`${issue?.path.join(".") ?? "the body"}: ${issue?.message ?? "is not valid"}.`);
    },
  };
}
