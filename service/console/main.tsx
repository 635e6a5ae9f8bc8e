/** The operator's console: what the service's API gives, shown to people. It has no data and no rights of its own. */
import { render } from "preact";
import "../../playground/kit/kit.css";
import { App } from "./app.tsx";

render(<App />, document.querySelector("#app")!);
