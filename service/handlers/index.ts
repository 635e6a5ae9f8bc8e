/** The handler of every route; one that is missing does not compile. */
import { actionHandlers } from "./actions.ts";
import { conversationHandlers } from "./conversations.ts";
import { executionHandlers } from "./executions.ts";
import type { Handlers } from "./handler.ts";
import { keyHandlers } from "./keys.ts";
import { platformHandlers } from "./platform.ts";
import { tenantHandlers } from "./tenants.ts";

export const HANDLERS: Handlers = {
  ...keyHandlers,
  ...tenantHandlers,
  ...actionHandlers,
  ...executionHandlers,
  ...conversationHandlers,
  ...platformHandlers,
};
