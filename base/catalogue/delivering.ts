/** The codes of stores, providers and what is delivered of hand-offs. */
import { type CatalogueSection, entry } from "./entry.ts";

export const delivering = {
  title: "Delivery of hand-offs",
  intro: "Faults of `openHandoffs` and of the store, warnings in its log, and why a destination was refused.",
  codes: {
    STORE_ADDRESS_INVALID: entry(
      "The address of the store is none of `memory:`, `sqlite:PATH`, `postgres://…`, or has a parameter that is not known.",
      "Correct it.",
    ),
    STORE_DRIVER_MISSING: entry("A `postgres://` store needs the package `pg`.", "Install it beside `baton-runtime`."),
    STORE_TOO_NEW: entry("A newer release has written this store.", "Update `baton-runtime`."),
    STORE_NEEDS_MIGRATION: entry(
      "The store's tables are older than this release, and it was not to change them, or its role may not.",
      "Run `baton migrate --store ADDRESS` as a role that may create tables; docs/delivery.md has the order of an upgrade.",
    ),
    STORE_ENCODING_REFUSED: entry(
      "The PostgreSQL database is not encoded as UTF8, so it could not hold every reason.",
      "Create the database with encoding 'UTF8'.",
    ),
    CURSOR_INVALID: entry("`after` is not a cursor of this store.", "Give the cursor of a change or a row."),
    STORE_REFUSED: entry(
      "The store rejects this operation permanently: a right, a constraint or a table is not as it should be. Nothing was written.",
      "Read the message; asking again gets the same answer.",
    ),
    STORE_FULL: entry("The store's disk is full; nothing happened.", "Make room; it goes on by itself."),
    STORE_DAMAGED: entry(
      "The store's file or a page of it is damaged; or the file was moved, replaced or deleted while it was open.",
      "Stop, keep a copy, and restore the last good one; `pragma integrity_check` says what is left. A file that was replaced is used after a restart.",
    ),
    STORE_UNAVAILABLE: entry("The store could not be opened, or was not available; nothing was written.", "Try again."),
    STORE_ANSWER_LOST: entry(
      "The store's answer to a commit was lost, so it is not known whether it was written; a claim is asked for again under its intent id.",
      "Look at the conversation, or at the outbox.",
    ),
    HANDOFFS_CLOSED: entry(
      "`close()` was called before, or while an execution waited for another run of its execution id.",
      "Open them again.",
    ),
    HANDOFF_OUTSIDE_PRODUCTION: entry("A test or mock run tried to record a hand-off.", "Report it."),
    TENANT_DEFAULT: entry(
      "A durable store was given hand-offs without a tenant; a warning in the log, once.",
      "Give `tenant` to `execute`.",
    ),
    EXECUTION_LOST: entry(
      "The host that ran this execution died; what it had recorded stands.",
      "Look at its intents before repeating it under a new id.",
    ),
    OUTBOX_NO_SUCH_ROW: entry("The outbox has no row of that id.", "See `baton outbox list`."),
    OUTBOX_REFUSED: entry(
      "The row cannot be retried or dropped in its state: a phone transfer is attempted at most once, and a row that is being sent is left alone.",
      "See `baton outbox show`.",
    ),
    PROVIDER_SDK_MISSING: entry("The provider needs a package that is not installed.", "Install what it names."),
    TWILIO_INVALID: entry("An option of the Twilio provider is not valid.", "Correct what is named."),
    WEBHOOK_INVALID: entry("An option of the webhook provider is not valid.", "Correct what is named."),
    DESTINATION_REFUSED: entry("The tenant's policy refuses this number.", "Allow it, or hand off without a number."),
    DESTINATION_NOT_LISTED: entry("Only listed numbers may be called, and this is none.", "Add it to the policy."),
    DESTINATION_PREMIUM: entry("Premium-rate and similar numbers are refused.", "Allow the type in the policy."),
    DESTINATION_POLICY_INVALID: entry(
      "The tenant's policy has an entry that is no number, so it may have been meant for this one.",
      "Write the policy's numbers as `+` and digits, prefixes with `*` at the end.",
    ),
    DESTINATION_POLICY_UNAVAILABLE: entry(
      "The function that gives the tenant's policy threw, or did not answer in time; no call is transferred without it.",
      "Look at what that function does.",
    ),
    DESTINATION_COUNTRY: entry("Numbers of this country may not be called.", "Allow the country in the policy."),
  },
} satisfies CatalogueSection;
