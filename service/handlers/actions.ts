/** Versions, what is live, and deployments. */
import { createSlices } from "../../base/slices.ts";
import { invalid, notFound, ProblemError } from "../fault.ts";
import type { actionRoutes } from "../routes/actions.ts";
import type { Share, VersionHead } from "../store/operations/actions.ts";
import { newVersion, readContent } from "../versions.ts";
import { compileContent, KEEP_VERSIONS } from "./compile.ts";
import { pageOf, readCursor, writeCursor } from "./cursor.ts";
import { deploy } from "./deploy.ts";
import { actorOf, iso, NO_CONTENT, ok, tenantOf, type Handlers } from "./handler.ts";
import { announce } from "./keys.ts";
import { checkRoomForActions } from "./room.ts";

export const actionHandlers: Handlers<keyof typeof actionRoutes> = {
  async createVersion(parts, call) {
    const { tenant, action } = call.params;
    checkRoomForActions(tenantOf(call), [action], "params.action");
    const content = readContent(call.body);
    const made = await compileContent(parts, tenant, content);
    const added = await parts.store.run("addVersion", {
      tenant, action, content: newVersion(content, call.body, made), keep: KEEP_VERSIONS, actor: actorOf(call), now: parts.now(),
    }); // prettier-ignore
    if (added === null) throw notFound("tenant");
    parts.registry.forget(tenant);
    announce(parts);
    return { status: added.created ? 201 : 200, body: headView(added.head) };
  },
  async listVersions(parts, { params, query }) {
    const [before = Number.MAX_SAFE_INTEGER] = readCursor(query.cursor, "number") ?? [];
    const found = await parts.store.run("listVersions", { ...params, before, limit: query.limit + 1 });
    if (found === null) throw notFound("action");
    const { rows, next } = pageOf(found.versions, query.limit, ({ version }) => writeCursor([version]));
    const versions: object[] = [];
    const slices = createSlices({ isSpent: true });
    for (const row of rows) {
      versions.push(headView(row));
      await slices.pause();
    }
    return ok({ versions, next });
  },
  async getVersion(parts, { params }) {
    const row = await parts.registry.version(params.tenant, params.action, params.version);
    if (row === null) throw notFound("version");
    const files = JSON.parse(row.files) as Record<string, string>;
    const one = Object.keys(files).length === 1;
    return ok({ ...headView(row), ...(one ? { source: files[row.entry] } : {}), files });
  },
  async listActions(_parts, call) {
    const actions = [...tenantOf(call).actions.values()].map(({ createdAt, updatedAt, ...action }) => ({
      ...action,
      createdAt: iso(createdAt),
      updatedAt: iso(updatedAt),
    }));
    return ok({ actions });
  },
  async deleteAction(parts, call) {
    const { tenant, action } = call.params;
    const done = await parts.store.run("deleteAction", { tenant, action, actor: actorOf(call), now: parts.now() });
    if (!done) throw notFound("action");
    parts.registry.forget(tenant);
    announce(parts);
    return NO_CONTENT;
  },
  async putLive(parts, call) {
    const { tenant, action } = call.params;
    const live = "split" in call.body ? call.body.split : [{ version: call.body.version, percent: 100 }];
    const ifMatch = readIfMatch(call.headers["if-match"]);
    const set = await parts.store.run("setLive", {
      tenant,
      action,
      live,
      ifMatch,
      actor: actorOf(call),
      now: parts.now(),
    });
    switch (set.type) {
      case "no_action":
        throw notFound("action");
      case "no_version":
        throw new ProblemError(422, "VERSION_UNKNOWN", `There is no version ${set.version} of this action.`);
      case "stale":
        throw new ProblemError(412, "IF_MATCH_STALE", "What is live has changed since it was read.", {
          etag: etag(set.deployment),
        });
      case "set":
        parts.registry.forget(tenant);
        announce(parts);
        return ok(liveView(action, set.deployment, live), { etag: etag(set.deployment) });
    }
  },
  async getLive(_parts, call) {
    const { action } = call.params;
    const row = tenantOf(call).actions.get(action);
    if (row === undefined) throw notFound("action");
    if (row.live === null) throw new ProblemError(404, "ACTION_NOT_LIVE", "No version of this action is live.");
    return ok(liveView(action, row.deployment, row.live), { etag: etag(row.deployment) });
  },
  async listDeployments(parts, call) {
    const { tenant, action } = call.params;
    if (!tenantOf(call).actions.has(action)) throw notFound("action");
    const rows = await parts.store.run("listDeployments", { tenant, action, limit: call.query.limit });
    const deployments = rows.map(({ deployment, at, actor, live }) => ({
      deployment,
      at: iso(at),
      by: actor,
      split: JSON.parse(live) as unknown,
    }));
    return ok({ deployments });
  },
  deploy,
};

const etag = (deployment: number): string => `"${deployment}"`;

const TAG = /^(?:W\/)?"([\x21\x23-\x7e]*)"$/;

/** Null: whatever is there. A tag that is none of ours fits nothing; a proxy that repacks bodies makes ours weak; one without quotes is taken. */
function readIfMatch(header: string | undefined): readonly number[] | "*" | null {
  if (header === undefined) return null;
  if (header.trim() === "*") return "*";
  return header.split(",").map((part) => {
    const [, text] = TAG.exec(part.trim()) ?? /^(\d{1,15})$/.exec(part.trim()) ?? [];
    if (text === undefined) throw invalid("headers.if-match", 'expected ETags of this path, "3" say, or *');
    return /^\d{1,15}$/.test(text) ? Number(text) : -1;
  });
}

function liveView(action: string, deployment: number, live: readonly Share[]): object {
  const [only] = live;
  return { action, deployment, ...(live.length === 1 ? { version: only?.version } : {}), split: live };
}

function headView(row: VersionHead): object {
  const { action, version, hash, entry, language, packages, note, tags, args, diagnostics, createdAt, createdBy } = row;
  return {
    action, version, hash, entry, language, note,
    packages: JSON.parse(packages) as unknown,
    tags: JSON.parse(tags) as unknown,
    args: args === null ? null : (JSON.parse(args) as unknown),
    diagnostics: JSON.parse(diagnostics) as unknown,
    createdAt: iso(createdAt),
    createdBy,
  }; // prettier-ignore
}
