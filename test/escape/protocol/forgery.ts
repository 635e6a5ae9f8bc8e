/** Forged worker processes for the tests of the surrounding file. */
import { afterAll, beforeAll } from "@jest/globals";
import { type Forge, openForgery } from "./forged-worker.ts";

export function useForgery(): Forge {
  let forgery: ReturnType<typeof openForgery>;
  beforeAll(() => {
    forgery = openForgery();
  });
  afterAll(() => forgery.close());
  return (name, onRun) => forgery.forge(name, onRun);
}
