/** Short times, so that what a kill left behind is found while one can wait for it. */
import type { DeliverySettings } from "../../delivery/index.ts";

export const CHAOS_SETTINGS: Partial<DeliverySettings> = {
  recordMs: 1000,
  fireMs: 400,
  dialWithinMs: 700,
  deliverMs: 500,
  leaseMs: 800,
  executionLeaseMs: 900,
  pollMs: 20,
  maxAttempts: 50,
};
