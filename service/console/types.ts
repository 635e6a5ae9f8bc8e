/** Types of the API: what the API answers, as far as the console shows it. */
export interface Who {
  readonly key: string;
  /** Null: all tenants. */
  readonly tenant: string | null;
  readonly scopes: readonly string[];
}

export interface Usage {
  readonly total: Readonly<Record<string, number>>;
  readonly usage: readonly UsageRow[];
  readonly tenants?: readonly TenantUsage[];
}

export interface UsageRow {
  readonly at: string;
  readonly runs: number;
  readonly failed: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly handoffs: number;
}

export type TenantUsage = Omit<UsageRow, "at"> & { readonly tenant: string };

export interface Counts {
  readonly waiting: number;
  readonly sending: number;
  readonly delivered: number;
  readonly dead: number;
  /** Of the dead, those that were not let go. */
  readonly owed: number;
  readonly waitingLongerThan: Readonly<Record<"1m" | "10m" | "1h" | "6h" | "24h", number>>;
  readonly oldestWaitingSeconds: number;
}

export interface OutboxEntry {
  readonly intentId: string;
  readonly tenant: string;
  readonly conversationId: string;
  readonly status: string;
  readonly attempts: number;
  readonly code: string | null;
  readonly recordedAt: string;
}

export interface OutboxPage {
  readonly entries: readonly OutboxEntry[];
  readonly next: string | null;
  readonly counts: Counts;
}

export interface NodeView {
  readonly node: string;
  readonly version: string;
  readonly nodeVersion: string;
  readonly startedAt: string;
  readonly lastSeenAt: string;
  readonly running: number;
  readonly waiting: number;
  readonly draining: boolean;
  readonly walls: { readonly standing: readonly string[]; readonly missing: readonly string[] };
}

export interface TenantView {
  readonly tenant: string;
  readonly displayName?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly [setting: string]: unknown;
}

export interface Share {
  readonly version: number;
  readonly percent: number;
}

export interface ActionView {
  readonly action: string;
  readonly newest: number;
  readonly deployment: number;
  readonly live: readonly Share[] | null;
  readonly updatedAt: string;
}

export interface VersionView {
  readonly version: number;
  readonly language: string;
  readonly note: string | null;
  readonly hash: string;
  readonly createdAt: string;
  readonly createdBy: string;
}

export interface ExecutionView {
  readonly executionId: string;
  readonly action: string;
  readonly version: number;
  readonly status: string;
  readonly conversationId: string | null;
  readonly handoff: string | null;
  readonly createdAt: string;
  readonly settledAt: string | null;
}

export interface Outcome {
  readonly status: string;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly frame?: string;
    readonly stack?: string;
  };
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly logs: readonly { readonly level: string; readonly message: string; readonly time: string }[];
  readonly usage: {
    readonly queuedMs: number;
    readonly wallMs: number;
    readonly hostMs: number;
    readonly cpuMs: number;
    readonly peakMemoryBytes: number;
    readonly hostCalls: number;
  };
}

export interface Conversation {
  readonly conversationId: string;
  readonly state: string;
  readonly epoch: number;
  readonly canReply: boolean;
  readonly handoff: Readonly<Record<string, unknown>> | null;
}

export interface AuditEntry {
  readonly n: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly tenant: string | null;
  readonly subject: string;
}
