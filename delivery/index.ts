/**
 * Hand-offs that outlive the process: decided once, delivered at least once, dialled at most once. docs/delivery.md says under which faults.
 */
export { openHandoffs } from "./open.ts";
export type { DurableHandoffs, HandoffsOptions } from "./open.ts";
export type { Reading } from "./changes.ts";
export type { Outbox, OutboxCounts, OutboxFilter, OutboxSelection, Replayed } from "./outbox.ts";
export type { Purged, PurgeSelection } from "./retention.ts";
export type { DeadLetter, OnDead } from "./dead-letters.ts";
export type { DeliverySettings } from "./desk.ts";
export type { ConversationState } from "./conversation.ts";
export type { ChangeType, HandoffState, OutboxStatus, OutboxTask } from "./rows.ts";
export type { Change, ConversationView, ExecutionView, OutboxDetail, OutboxView } from "./views.ts";
export { judgeDestination } from "./destinations.ts";
export type { DestinationPolicies, DestinationPolicy, DestinationVerdict } from "./destinations.ts";
export { OptionsError } from "../base/options.ts";
export { combineProviders, Unreached } from "./provider.ts";
export { checkProvider, type ProviderCheck } from "./provider-check.ts";
export type { DeliveryResult, HandoffDelivery, Provider, TransferRequest, TransferResult } from "./provider.ts";
export type { Clock } from "./clock.ts";
export { openStorage } from "../storage/index.ts";
export type { MigrateMode, PostgresConfig, PostgresPool, Storage, StoreAddress } from "../storage/index.ts";
export { schema as handoffSchema } from "./store-schema.ts";
export type { HandoffStore as Store } from "./store-schema.ts";
export { consoleProvider } from "./providers/console.ts";
export { webhookProvider } from "./providers/webhook.ts";
export type { WebhookOptions } from "./providers/webhook.ts";
export type { HandoffEvent, HandoffEventType } from "./providers/events.ts";
export { createReceiver, createSeenIds } from "./providers/receiver.ts";
export type { Answer, IncomingHeaders, Received, Receiver, ReceiverOptions } from "./providers/receiver.ts";
export type { Claim, SeenIds } from "./providers/seen-events.ts";
export { twilioProvider } from "./providers/twilio.ts";
export type { TwilioOptions } from "./providers/twilio.ts";
export { readDialResult } from "./providers/twilio-result.ts";
export type { DialReport } from "./providers/twilio-result.ts";
export type { IncomingResponse, OutgoingRequest, Send } from "./providers/transport.ts";
