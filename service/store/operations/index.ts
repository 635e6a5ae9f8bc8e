/** Every transaction of the service, by name. */
import * as actions from "./actions.ts";
import * as audit from "./audit.ts";
import * as keys from "./keys.ts";
import * as platform from "./platform.ts";
import * as recordings from "./recordings.ts";
import * as shares from "./shares.ts";
import * as runs from "./runs.ts";
import * as tenants from "./tenants.ts";

const { addVersion, listVersions, readVersion, setLive, listDeployments, liveVersions, deleteAction, deploy } = actions;
const { lastChange, changesAfter, auditPage, recordChange } = audit;
const { createKey, createFirstKey, readKey, listKeys, revokeKey } = keys;
const { readUsage, readAllUsage, dropUsage, nodeSeen, listNodes, nodeGone } = platform;
const {
  beginRun,
  beginRuns,
  settleRuns,
  readRun,
  forgetRun,
  listRuns,
  adoptRuns,
  startQueued,
  cancelRun,
  settledAfter,
} = runs;
const { lastSettled, purgeRuns, dropRuns, leaseCallbacks, settleCallback, readCallback } = runs;
const { readTenant, putTenant, listTenants, deleteTenant, putSecret, deleteSecret } = tenants;
const { putSentinel, sealedSamples, secretsToReseal, reseal } = tenants;
const { keepRecordings, readRecording, purgeRecordings, dropRecordings, dropRecordedCode } = recordings;
const { takeTokens, lendPlaces, givePlacesBack, dropShares } = shares;

export const operations = {
  addVersion, listVersions, readVersion, setLive, listDeployments, liveVersions, deleteAction, deploy,
  lastChange, changesAfter, auditPage, recordChange,
  createKey, createFirstKey, readKey, listKeys, revokeKey,
  readUsage, readAllUsage, dropUsage, nodeSeen, listNodes, nodeGone,
  beginRun, beginRuns, settleRuns, readRun, forgetRun, listRuns, adoptRuns, startQueued, cancelRun, settledAfter,
  lastSettled, purgeRuns, dropRuns, leaseCallbacks, settleCallback, readCallback,
  readTenant, putTenant, listTenants, deleteTenant, putSecret, deleteSecret,
  putSentinel, sealedSamples, secretsToReseal, reseal,
  takeTokens, lendPlaces, givePlacesBack, dropShares,
  keepRecordings, readRecording, purgeRecordings, dropRecordings, dropRecordedCode,
} as const; // prettier-ignore

export type ServiceOperations = typeof operations;
type OperationName = keyof ServiceOperations;

export const READS_ONLY: readonly OperationName[] = [
  "lastChange", "changesAfter", "auditPage", "readKey", "listKeys", "readUsage", "readAllUsage", "listNodes", "readRun", "listRuns",
  "settledAfter", "lastSettled", "readTenant", "listTenants", "sealedSamples", "secretsToReseal", "listVersions", "readVersion",
  "listDeployments", "liveVersions", "readRecording",
]; // prettier-ignore
