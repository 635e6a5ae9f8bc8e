/** The frame of the author's page and which view the address asks for. */
import { useEffect } from "preact/hooks";
import { Badge, Empty, href, Notice, Shell, useRoute } from "../kit/index.ts";
import { Problems } from "./problems.tsx";
import { Simulator } from "./simulator/simulator.tsx";
import { follow, isConnected, problems, project, runs } from "./store.ts";
import { Compare } from "./views/compare.tsx";
import { Contexts } from "./views/contexts.tsx";
import { EditRun } from "./views/edit-run.tsx";
import { Hours } from "./views/hours.tsx";
import { Matrix } from "./views/matrix.tsx";
import { Runs } from "./views/runs.tsx";
import { Scenarios } from "./views/scenarios.tsx";

const VIEWS = [
  { path: "conversation", label: "Conversation" },
  { path: "runs", label: "Runs" },
  { path: "scenarios", label: "Scenarios" },
  { path: "matrix", label: "Matrix" },
  { path: "hours", label: "Hours" },
  { path: "contexts", label: "Contexts" },
] as const;

export function App() {
  const route = useRoute();
  useEffect(follow, []);
  const [view = "conversation", ...rest] = route.path;
  const failing = new Set(latest().flatMap(({ ok, action, scenario }) => (ok ? [] : [`${action} ${scenario}`]))).size;
  const nav = VIEWS.map(({ path, label }) => ({
    href: href([path]),
    label,
    current: path === view,
    badge:
      path === "runs" && failing + problems.value.length > 0 ? (
        <Badge tone="bad">
          {failing + problems.value.length}
          <span class="hidden-text"> not well</span>
        </Badge>
      ) : undefined,
  }));
  return (
    <Shell
      brand="Baton"
      nav={nav}
      aside={
        <span class="small quiet" role="status">
          {isConnected.value ? (project.value?.folder ?? "") : "not connected"}
        </span>
      }
    >
      {!isConnected.value && project.value !== null && (
        <Notice tone="warn" title="The session is over or does not answer.">
          Start baton dev again and open the address that it prints.
        </Notice>
      )}
      {problems.value.length > 0 && view !== "contexts" && <Problems />}
      {project.value === null ? <Empty>Connecting…</Empty> : <View name={view} rest={rest} query={route.query} />}
    </Shell>
  );
}

function View({
  name,
  rest,
  query,
}: {
  readonly name: string;
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
}) {
  switch (name) {
    case "conversation":
      return <Simulator />;
    case "runs":
      if (rest[0] === "compare") return <Compare left={query.get("left") ?? ""} right={query.get("right") ?? ""} />;
      if (rest[1] === "edit") return <EditRun key={rest[0]} id={rest[0]!} />;
      return <Runs chosen={rest[0] ?? null} execution={query.get("execution")} />;
    case "scenarios":
      return <Scenarios />;
    case "matrix":
      return <Matrix />;
    case "hours":
      return <Hours />;
    case "contexts":
      return <Contexts chosen={query.get("path")} />;
    default:
      return <Empty>There is no such view.</Empty>;
  }
}

/** The newest run of each action and scenario that a save asked for. */
function latest() {
  const seen = new Set<string>();
  return runs.value.filter(({ origin, action, scenario }) => {
    const key = JSON.stringify([action, scenario]);
    if (origin !== "save" || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
