/** Who looks, and what of. A key of one tenant sees that tenant; a key of all sees the platform. */
import { useEffect, useState } from "preact/hooks";
import { Button, href, Shell, useRoute, type NavItem, type Route } from "../../playground/kit/index.ts";
import { get, onSignedOut, send } from "./api.ts";
import { Changes } from "./changes.tsx";
import { Nodes } from "./nodes.tsx";
import { OutboxView } from "./outbox.tsx";
import { Overview } from "./overview.tsx";
import { SignIn } from "./sign-in.tsx";
import { TenantPage } from "./tenant.tsx";
import { Tenants } from "./tenants.tsx";
import type { Who } from "./types.ts";
import { TENANT_VIEWS, titled } from "./views.ts";

export function App() {
  const [who, setWho] = useState<Who | null | "asking">("asking");
  useEffect(() => {
    onSignedOut(() => setWho(null));
    get<Who>("/console/session").then(setWho, () => setWho(null));
  }, []);
  if (who === "asking") return <p class="quiet">Asking who you are …</p>;
  if (who === null) return <SignIn onSignedIn={setWho} />;
  return <Inside who={who} onSignOut={() => setWho(null)} />;
}

function Inside({ who, onSignOut }: { readonly who: Who; readonly onSignOut: () => void }) {
  const route = useRoute();
  const signOut = (): void => {
    void send("DELETE", "/console/session").then(onSignOut, onSignOut);
  };
  return (
    <Shell
      brand="Baton console"
      nav={who.tenant === null ? platformNav(route, who) : tenantNav(route, who.tenant)}
      aside={
        <div class="row small">
          <span class="quiet">{who.tenant ?? "all tenants"}</span>
          <Button kind="plain" onClick={signOut}>
            Sign out
          </Button>
        </div>
      }
    >
      {who.tenant === null ? (
        <Platform route={route} />
      ) : (
        <TenantPage tenant={who.tenant} path={route.path} route={route} />
      )}
    </Shell>
  );
}

function Platform({ route }: { readonly route: Route }) {
  const [view = "overview", name] = route.path;
  switch (view) {
    case "tenants":
      if (name === undefined) return <Tenants />;
      return <TenantPage key={name} tenant={name} path={route.path.slice(2)} route={route} within />;
    case "outbox":
      return <OutboxView tenant={null} route={route} />;
    case "nodes":
      return <Nodes />;
    case "changes":
      return <Changes />;
    default:
      return <Overview />;
  }
}

function platformNav({ path }: Route, { scopes }: Who): NavItem[] {
  const [view = "overview"] = path;
  // Nodes, tenants and changes are an administrator's; the API says so again.
  const isAdmin = scopes.includes("admin");
  const views = ["overview", ...(isAdmin ? ["tenants"] : []), "outbox", ...(isAdmin ? ["nodes", "changes"] : [])];
  return views.map((each) => ({ href: href([each]), label: titled(each), current: view === each }));
}

function tenantNav({ path }: Route, _tenant: string): NavItem[] {
  const [view = "overview"] = path;
  return TENANT_VIEWS.map((each) => ({ href: href([each]), label: titled(each), current: view === each }));
}
