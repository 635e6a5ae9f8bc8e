/** The views of a tenant, by the part of the address that names each, and links between them. */
export const TENANT_VIEWS = ["overview", "actions", "executions", "conversations", "outbox", "settings"] as const;

export const titled = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** An address within the tenant that is shown. */
export type Link = (path: readonly string[], query?: Readonly<Record<string, string>>) => string;
