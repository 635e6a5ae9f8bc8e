/** The author's page: the frame, the views by address, and the stream of events that all of them follow. */
import { render } from "preact";
import "../kit/kit.css";
import "./page.css";
import { App } from "./app.tsx";

// The token opened the page and stands in a cookie now: it is in no history and in no bookmark.
if (location.search !== "") history.replaceState(null, "", `/${location.hash}`);
render(<App />, document.querySelector("#app")!);
