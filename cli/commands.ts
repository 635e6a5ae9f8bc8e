/** The table of commands. */
import type { CommandRow } from "./command.ts";

export const COMMANDS: readonly CommandRow[] = [
  {
    name: "init",
    summary: "write a small project to start from",
    load: async () => (await import("./init.ts")).initCommand,
  },
  {
    name: "new",
    summary: "write one more action with a scenario",
    load: async () => (await import("./new.ts")).newCommand,
  },
  {
    name: "dev",
    summary: "watch a folder and show on every save what the bot would do",
    load: async () => (await import("./dev.ts")).devCommand,
  },
  {
    name: "run",
    summary: "run an action once and show its outcome",
    load: async () => (await import("./run.ts")).runCommand,
  },
  {
    name: "test",
    summary: "run scenarios and say which went as expected",
    load: async () => (await import("./test.ts")).testCommand,
  },
  {
    name: "replay",
    summary: "play recorded runs again, exactly or against changed code",
    load: async () => (await import("./replay.ts")).replayCommand,
  },
  {
    name: "scenario",
    summary: "make a scenario of a recorded run",
    load: async () => (await import("./scenario.ts")).scenarioCommand,
  },
  {
    name: "check",
    summary: "find mistakes in actions without running them",
    load: async () => (await import("./check.ts")).checkCommand,
  },
  {
    name: "schema",
    summary: "print what arguments an action takes, for models too",
    load: async () => (await import("./schema.ts")).schemaCommand,
  },
  {
    name: "matrix",
    summary: "show an action on every channel, open and closed",
    load: async () => (await import("./matrix.ts")).matrixCommand,
  },
  {
    name: "doctor",
    summary: "try out what Baton needs on this machine",
    load: async () => (await import("./doctor.ts")).doctorCommand,
  },
  {
    name: "outbox",
    summary: "look at hand-offs that wait for delivery, retry or drop one",
    load: async () => (await import("./outbox.ts")).outboxCommand,
  },
  {
    name: "migrate",
    summary: "bring the tables of a store up to date",
    load: async () => (await import("./migrate.ts")).migrateCommand,
  },
  {
    name: "serve",
    summary: "serve tenants' actions over HTTP: the runtime as a service",
    load: async () => (await import("./serve.ts")).serveCommand,
  },
  {
    name: "deploy",
    summary: "deploy a folder's actions to a service, as one change",
    load: async () => (await import("./remote/deploy.ts")).deployCommand,
  },
  {
    name: "versions",
    summary: "list an action's versions on a service",
    load: async () => (await import("./remote/versions.ts")).versionsCommand,
  },
  {
    name: "rollback",
    summary: "make live again what was live before",
    load: async () => (await import("./remote/versions.ts")).rollbackCommand,
  },
  {
    name: "logs",
    summary: "follow an action's log lines on a service",
    load: async () => (await import("./remote/logs.ts")).logsCommand,
  },
  {
    name: "call",
    summary: "execute an action on a service and show its outcome",
    load: async () => (await import("./remote/call.ts")).callCommand,
  },
  {
    name: "completion",
    summary: "print a script that completes commands in a shell",
    load: async () => (await import("./completion.ts")).completionCommand,
  },
];
