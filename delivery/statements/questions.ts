/** The few questions and writes about hand-offs that every store answers; the operations (operations/) ask them. */
import { asking, type AnswersOf, type Ask } from "../../storage/statements.ts";
import type {
  ChangeRow,
  Entry,
  ExecutionRow,
  HandoffRow,
  OutboxRow,
  OutboxStatus,
  OutboxTask,
  SeenChange,
} from "../rows.ts";

type ConversationKey = { readonly tenant: string; readonly conversationId: string };
type ExecutionKey = { readonly tenant: string; readonly executionId: string };
/** `conversationId: null` means all of the tenant's, `before: null` of any age. */
type Selection = { readonly tenant: string; readonly conversationId: string | null; readonly before: number | null };

/** By name: what goes in and what comes back. `lock…` hold the row until the transaction ends. */
export interface Statements {
  /** Writes a new ledger row, its new outbox row and the change together, or nothing where the (tenant, conversation, epoch) is taken. */
  readonly insertClaim: Ask<{ readonly handoff: HandoffRow; readonly outbox: OutboxRow }, boolean>;
  readonly claimOf: Ask<ConversationKey & { readonly epoch: number }, HandoffRow | null>;
  readonly latestHandoff: Ask<ConversationKey, HandoffRow | null>;
  readonly lockLatestHandoff: Ask<ConversationKey, HandoffRow | null>;
  readonly readEntry: Ask<{ readonly intentId: string }, Entry | null>;
  readonly lockEntry: Ask<{ readonly intentId: string }, Entry | null>;
  readonly writeHandoff: Ask<HandoffRow, void>;
  readonly writeOutbox: Ask<OutboxRow, void>;
  readonly handoffsOfExecution: Ask<ExecutionKey, readonly Entry[]>;
  readonly handoffsToPurge: Ask<Selection & { readonly limit: number }, readonly Entry[]>;

  readonly insertChange: Ask<ChangeRow, void>;
  readonly changesAfter: Ask<{ readonly after: string; readonly limit: number }, readonly SeenChange[]>;
  readonly lastChange: Ask<null, string>;
  /** From a cursor of the first release, which was a transaction's: the one to go on from. What may not have been read comes again. */
  readonly cursorOfOld: Ask<{ readonly xid: string; readonly seq: number }, string>;
  readonly unnumberedChanges: Ask<null, boolean>;
  /** Gives numbers to changes that are committed and have none; true: some got one. */
  readonly numberChanges: Ask<{ readonly limit: number }, boolean>;

  readonly insertExecution: Ask<ExecutionRow, boolean>;
  readonly readExecution: Ask<ExecutionKey, ExecutionRow | null>;
  /** Writes only where owner and lease are still those that were read, the outcome is still out, and no purge came between. */
  readonly finishExecution: Ask<
    ExecutionKey & {
      readonly owner: string;
      /** Null: whatever the lease is by now. */
      readonly leaseUntil: number | null;
      readonly purged: boolean;
      readonly outcome: string;
      readonly expiresAt: number;
      /** When it was found lost, where this is the outcome of that. */
      readonly lostAt: number | null;
      /** Whether it may take the place of the outcome of an execution that was found lost. */
      readonly overLost: boolean;
    },
    boolean
  >;
  readonly deleteExecution: Ask<ExecutionKey & { readonly owner: string; readonly running: boolean }, boolean>;
  readonly extendExecutions: Ask<{ readonly owners: readonly string[]; readonly leaseUntil: number }, void>;
  readonly executionsToPurge: Ask<Selection & { readonly limit: number }, readonly ExecutionRow[]>;
  readonly purgeExecution: Ask<ExecutionKey & { readonly outcome: string | null; readonly purgedAt: number }, boolean>;
  readonly dropExpired: Ask<{ readonly now: number; readonly changesBefore: number }, void>;

  /** Times past `farthest` become now: leases, pauses, and when a transfer was recorded that waits for its dial. */
  readonly rewindPauses: Ask<Rewind, void>;
  readonly rewindLeases: Ask<Rewind, void>;
  readonly rewindTransfers: Ask<Rewind, void>;

  /** Takes due rows that no relay holds: raises the fencing token, counts the attempt, and skips what another is taking. */
  readonly leaseDue: Ask<
    {
      readonly tasks: readonly OutboxTask[];
      readonly now: number;
      readonly until: number;
      readonly owner: string;
      readonly limit: number;
      /** Rows of one tenant at most, but for the tenants in `rooms`. */
      readonly each: number;
      /** `behind`: the tenant's first row comes as if so many of its rows had gone before it. */
      readonly rooms: readonly { readonly tenant: string; readonly room: number; readonly behind?: number }[];
    },
    readonly Entry[]
  >;
  /** Returns the rows that are still the owner's. */
  readonly renewLeases: Ask<
    { readonly owner: string; readonly intentIds: readonly string[]; readonly until: number },
    readonly string[]
  >;
  /** Settles what the fencing token still covers, with its change where there is one. */
  readonly settleLease: Ask<{ readonly outbox: OutboxRow; readonly change: ChangeRow | null }, boolean>;
  /** Transfers that were not dialled in time, or whose dialling process is gone. */
  readonly overdueTransfers: Ask<
    { readonly now: number; readonly recordedBefore: number; readonly limit: number },
    readonly { readonly intentId: string }[]
  >;
  readonly listEntries: Ask<
    {
      readonly filter: EntryFilter;
      /** The last row of the page before. */
      readonly after: { readonly at: number; readonly intentId: string } | null;
      readonly limit: number;
    },
    readonly Entry[]
  >;
  readonly countEntries: Ask<EntryFilter, readonly { readonly status: OutboxStatus; readonly rows: number }[]>;
  /** Settled, older than `before`, and not yet without personal data or followed by a newer epoch. */
  readonly handoffsToExpire: Ask<{ readonly before: number; readonly limit: number }, readonly Entry[]>;
  readonly deleteOutbox: Ask<{ readonly intentId: string }, boolean>;
  readonly deleteHandoff: Ask<{ readonly intentId: string }, boolean>;
}

export interface Rewind {
  readonly now: number;
  readonly farthest: number;
}

export interface EntryFilter {
  readonly status: OutboxStatus | null;
  readonly tenant: string | null;
  readonly conversationId: string | null;
  /** Recorded or settled from then on, and before then. */
  readonly since: number | null;
  readonly before: number | null;
}

export type StatementName = keyof Statements;
export type In<K extends StatementName> = Statements[K]["in"];
export type Out<K extends StatementName> = Statements[K]["out"];
export type Answers = AnswersOf<Statements>;

export const ask = asking<Statements>();
export type { Operation } from "../../storage/statements.ts";

/** Statements that each database has in words of its own. */
export type OwnName =
  | "insertClaim"
  | "leaseDue"
  | "settleLease"
  | "changesAfter"
  | "lastChange"
  | "cursorOfOld"
  | "unnumberedChanges"
  | "numberChanges"
  | "dropExpired";
