/** A key is typed once, and exchanged for a session that scripts cannot read. */
import { useState } from "preact/hooks";
import { Button, Card, Notice, TextField } from "../../playground/kit/index.ts";
import { send, textOf } from "./api.ts";
import type { Who } from "./types.ts";

export function SignIn({ onSignedIn }: { readonly onSignedIn: (who: Who) => void }) {
  const [key, setKey] = useState("");
  const [failed, setFailed] = useState<string | null>(null);
  const signIn = async (): Promise<void> => {
    try {
      onSignedIn(await send<Who>("POST", "/console/session", { key: key.trim() }));
    } catch (failure) {
      setFailed(textOf(failure));
    }
  };
  return (
    <div class="shell">
      <main id="main" style={{ maxWidth: "32rem", marginInline: "auto" }}>
        <h1>Baton console</h1>
        <Card title="Sign in">
          <form
            class="stack"
            onSubmit={(event) => {
              event.preventDefault();
              void signIn();
            }}
          >
            <TextField
              label="Key"
              type="password"
              value={key}
              onInput={setKey}
              onEnter={() => void signIn()}
              autocomplete="current-password"
              hint="The administrator's, or one of a tenant. It is exchanged for a session of twelve hours."
              required
            />
            {failed !== null && (
              <Notice tone="bad" alert>
                {failed}
              </Notice>
            )}
            <Button type="submit" kind="primary" disabled={key.trim() === ""}>
              Sign in
            </Button>
          </form>
        </Card>
      </main>
    </div>
  );
}
