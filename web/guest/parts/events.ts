/** Events and abort signals as WHATWG's DOM standard has them, without a tree: an event has one target. */
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";
import { createAbort } from "../abort.ts";
import { createDOMException } from "../dom-exception.ts";
import { createEventClasses } from "../event.ts";
import { shaped } from "../idl.ts";

export default function events(bridge: Bridge): Record<string, unknown> {
  const DOMException = createDOMException();
  const { Event, CustomEvent, EventTarget } = createEventClasses(DOMException);
  const { AbortController, AbortSignal } = createAbort(bridge, { DOMException, Event, EventTarget });
  const classes = { DOMException, Event, CustomEvent, EventTarget, AbortController, AbortSignal };
  return shaped(classes, {
    Event: 1,
    CustomEvent: 1,
    AbortSignal: 0,
    "EventTarget.addEventListener": 2,
    "EventTarget.removeEventListener": 2,
  });
}
