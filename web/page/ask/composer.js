// Where a question is typed: grows with it, says what it is narrowed to, sends, and stops what runs.
import { classes, html, signal, useEffect, useId, useLayoutEffect, useRef, useSignal } from "../lib.js";
import { get } from "../api.js";
import { Icon } from "../icons.js";
import { wish } from "../shell/doors.js";
import { hasEnded } from "./turn.js";
import { graph, running, stop } from "./talk.js";

const KEPT = "trivium.question", MOST_HEIGHT = 220, LONGEST = 4000;
const kept = () => { try { return sessionStorage.getItem(KEPT) ?? ""; } catch { return ""; } };

/** What is being typed; it outlives a sign-in, a reload and another view. */
export const question = signal(kept());
/** What the next question is narrowed to. */
export const narrowed = signal({ mode: "auto", hours: null, services: [], preview: false });
const narrow = (change) => { narrowed.value = { ...narrowed.value, ...change }; };

export function write(text) {
  question.value = text;
  try { sessionStorage.setItem(KEPT, text); } catch { /* a browser that keeps nothing */ }
}

const TIMES = [[null, "Any time"], [1, "Last hour"], [24, "Last 24\u00a0h"], [168, "Last 7 days"], [720, "Last 30 days"]];
const MODES = [
  ["auto", "Automatic", "What it is for is read from the words", "ask"], ["inquiry", "Ask", "Reads only", "trend"],
  ["troubleshooting", "Troubleshoot", "Reads, suggests", "bell"], ["revive", "Change", "After approval", "hand"],
];

/** The options of a question, at the moment it is asked. */
export function options(now = Date.now()) {
  const { mode, hours, services, preview } = narrowed.value, is_asked = graph.value === null || graph.value === "inquiry";
  if (!is_asked) return { mode: "auto" };
  const time_range = hours ? { start: new Date(now - hours * 3_600_000).toISOString(), end: new Date(now).toISOString() } : null;
  return mode === "troubleshooting" || mode === "revive" ? { mode } : { mode, time_range, services, preview };
}

/** @param {{onAsk: (question: string) => void, isNew?: boolean, placeholder?: string}} props */
export function Composer({ onAsk, isNew = false, placeholder = "Ask a follow-up" }) {
  useEffect(() => {
    if (wish.value !== "question" && !(isNew && wish.value === "new question")) return;
    wish.value = null;
    field.current.focus();
  }, [wish.value]);
  const field = useRef(null), goes_on = running.value && running.value.status !== "waiting";
  useLayoutEffect(() => {
    const box = field.current;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, MOST_HEIGHT)}px`;
  }, [question.value]);
  const send = (event) => {
    event?.preventDefault();
    const text = question.value.trim();
    if (!text) return void field.current.focus();
    if (goes_on) return;
    write("");
    onAsk(text);
  };
  const onKeyDown = (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event); };
  return html`<form class="composer" aria-label="Ask" onSubmit=${send}><div class="box compact">
    <label class="sr" for="question">Your question</label>
    <textarea id="question" ref=${field} rows=${isNew ? 2 : 1} maxlength=${LONGEST} placeholder=${placeholder} value=${question.value} onInput=${(event) => write(event.target.value)} onKeyDown=${onKeyDown} enterkeyhint="send"></textarea>
    <div class="under"><${Chips} /><span class="spacer"></span>
      ${goes_on
        ? html`<button type="button" class="btn small icon-only" aria-label="Stop, Escape" disabled=${running.value.status === "stopping"} onClick=${stop}><${Icon} name="stop" /></button>`
        : html`<button type="submit" class="btn small primary icon-only" aria-label="Ask, Enter"><${Icon} name="send" /></button>`}
    </div></div></form>`;
}

function Chips() {
  const { mode, hours, services, preview } = narrowed.value;
  if (graph.value !== null && graph.value !== "inquiry") return html`<span class="in-mode">${MODES.find(([name]) => name === graph.value)?.[1]}</span>`;
  const reads = mode === "auto" || mode === "inquiry", [, mode_name, , mode_icon] = MODES.find(([name]) => name === mode);
  return html`
    <${Choice} icon=${mode_icon} label=${mode_name} name="What the question is for" isSet=${mode !== "auto"}>${(done) => MODES.map(([name, label, note, icon]) => html`<${Option} key=${name} isChosen=${name === mode} onChoose=${() => { narrow({ mode: name }); done(); }}><${Icon} name=${icon} />${label}<span class="end">${note}</span></${Option}>`)}</${Choice}>
    ${reads && html`<${Choice} icon="clock" label=${TIMES.find(([each]) => each === hours)[1]} name="Time, where the question says none" isSet=${hours !== null}>${(done) => TIMES.map(([each, label]) => html`<${Option} key=${label} isChosen=${each === hours} onChoose=${() => { narrow({ hours: each }); done(); }}>${label}</${Option}>`)}</${Choice}>
      <${Services} services=${services} />
      <button type="button" class=${classes("btn quiet small", preview && "is-set")} aria-pressed=${String(preview)} aria-label="Queries first" title="Show each query before it runs" onClick=${() => narrow({ preview: !preview })}><${Icon} name="eye" size=${14} /><span class="label">Queries first</span></button>`}`;
}

/** A chip that opens a menu; `children` makes its options. */
function Choice({ icon, label, name, isSet, children }) {
  const id = useId(), menu = useRef(null), opener = useRef(null);
  const place = (event) => {
    if (event.newState !== "open") return;
    const { left, top } = opener.current.getBoundingClientRect(), style = menu.current.style;
    style.left = `${Math.max(8, Math.min(left, innerWidth - menu.current.offsetWidth - 8))}px`;
    style.bottom = `${innerHeight - top + 6}px`;
    menu.current.querySelector("[aria-checked=true], button, input")?.focus();
  };
  const done = () => { menu.current.hidePopover(); opener.current.focus(); };
  const onKeyDown = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const all = [...menu.current.querySelectorAll("button, input")];
    all.at((all.indexOf(document.activeElement) + by) % all.length)?.focus();
  };
  return html`<button type="button" ref=${opener} class=${classes("btn quiet small", isSet && "is-set")} popovertarget=${id} aria-label=${`${name}: ${label}`}><${Icon} name=${icon} size=${14} /><span class="label">${label}</span></button>
    <div id=${id} ref=${menu} popover="auto" class="menu chooses" role="menu" aria-label=${name} onToggle=${place} onKeyDown=${onKeyDown}>${children(done)}</div>`;
}

const Option = ({ isChosen, onChoose, children }) => html`<button type="button" role="menuitemradio" aria-checked=${String(isChosen)} onClick=${onChoose}><${Icon} name="check" size=${14} kind=${isChosen ? "" : "is-off"} />${children}</button>`;

function Services({ services }) {
  const names = useSignal(null);
  useEffect(() => { get("/api/applications", { per_page: 100 }).then((told) => { names.value = told.applications.map((each) => each.name); }, () => { names.value = []; }); }, []);
  if (!names.value?.length) return null;
  const label = services.length === 0 ? "All services" : services.length === 1 ? services[0] : `${services.length} services`;
  const toggle = (name) => narrow({ services: services.includes(name) ? services.filter((each) => each !== name) : [...services, name] });
  return html`<${Choice} icon="deploy" label=${label} name="Services, where the question names none" isSet=${services.length > 0}>${() => [
    html`<button type="button" role="menuitemradio" aria-checked=${String(!services.length)} key="all" onClick=${() => narrow({ services: [] })}><${Icon} name="check" size=${14} kind=${services.length ? "is-off" : ""} />All services</button>`,
    ...names.value.map((name) => html`<button type="button" role="menuitemcheckbox" aria-checked=${String(services.includes(name))} key=${name} onClick=${() => toggle(name)}><${Icon} name="check" size=${14} kind=${services.includes(name) ? "" : "is-off"} />${name}</button>`),
  ]}</${Choice}>`;
}

/** Whether the last turn is over, so that a new question begins a new one. */
export const isFree = (turns) => !turns?.length || hasEnded(turns.at(-1));
