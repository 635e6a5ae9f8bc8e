/** The table of all routes. */
import { actionRoutes } from "./actions.ts";
import { conversationRoutes } from "./conversations.ts";
import { executionRoutes } from "./executions.ts";
import { keyRoutes } from "./keys.ts";
import { platformRoutes } from "./platform.ts";
import { tenantRoutes } from "./tenants.ts";

export const ROUTES = {
  ...keyRoutes,
  ...tenantRoutes,
  ...actionRoutes,
  ...executionRoutes,
  ...conversationRoutes,
  ...platformRoutes,
} as const;

export type RouteTable = typeof ROUTES;
export type RouteName = keyof RouteTable;
