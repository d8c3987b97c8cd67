// A series part of an answer as a small chart. Text goes in as text, never as markup.
const chart = (() => {
  const WIDTH = 640, HEIGHT = 190, LEFT = 62, RIGHT = 8, TOP = 8, FLOOR = 164, MOST = 5;
  const make = (name, attributes = {}, text = "") => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    return element;
  };
  const seconds = (time) => (typeof time === "number" ? time : Date.parse(time) / 1000);

  const told = (value, unit) => {
    const number = (amount) => String(Number(amount.toPrecision(4)));
    if (unit === "percentunit") return `${number(value * 100)} %`;
    if (unit === "percent") return `${number(value)} %`;
    if (unit === "bytes") {
      const power = Math.min(4, Math.floor(Math.log(Math.max(Math.abs(value), 1)) / Math.log(1024)));
      return `${number(value / 1024 ** power)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
    }
    return `${number(value)}${unit ? ` ${unit}` : ""}`;
  };

  const linesOf = (data) => (data.series ?? [{ name: "", points: data.points ?? [] }]).slice(0, MOST).map((line) => ({
    name: line.name,
    points: line.points.map(([time, value]) => [seconds(time), value]).filter(([time]) => Number.isFinite(time)),
  }));

  const path = (points, x, y) => {
    let drawn = "", pen = "M";
    for (const [time, value] of points) {
      if (value === null) pen = "M";
      else { drawn += `${pen}${x(time).toFixed(1)} ${y(value).toFixed(1)}`; pen = "L"; }
    }
    return drawn;
  };

  const clock = (time, isLong) => new Intl.DateTimeFormat([], isLong
    ? { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }
    : { hour: "2-digit", minute: "2-digit" }).format(new Date(time * 1000));

  const axes = (svg, low, high, from, to, unit, y) => {
    for (const share of [0, 0.5, 1]) {
      const value = low + (high - low) * share;
      svg.append(make("path", { class: "grid", d: `M${LEFT} ${y(value).toFixed(1)}H${WIDTH - RIGHT}` }));
      svg.append(make("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, told(value, unit)));
    }
    const isLong = to - from > 86400;
    svg.append(make("text", { x: LEFT, y: HEIGHT - 8 }, clock(from, isLong)));
    svg.append(make("text", { x: WIDTH - RIGHT, y: HEIGHT - 8, "text-anchor": "end" }, clock(to, isLong)));
  };

  const words = (line, unit) => {
    const values = line.points.map(([, value]) => value).filter((value) => value !== null);
    if (!values.length) return `${line.name}: nothing was measured`;
    return `${line.name}: lowest ${told(Math.min(...values), unit)}, highest ${told(Math.max(...values), unit)}`;
  };

  const legend = (lines, limits, unit) => {
    const list = document.createElement("ul");
    list.className = "legend";
    lines.forEach((line, place) => {
      const item = document.createElement("li"), mark = document.createElement("i");
      mark.style.background = `var(--c${place})`;
      item.append(mark, words(line, unit));
      list.append(item);
    });
    for (const limit of limits) {
      const item = document.createElement("li");
      item.textContent = `limit ${limit.name}: ${told(limit.value, unit)}`;
      list.append(item);
    }
    return list;
  };

  const draw = ({ title, data }) => {
    const lines = linesOf(data), unit = data.unit ?? "";
    const points = lines.flatMap((line) => line.points.filter(([, value]) => value !== null));
    if (!points.length) return null;
    const limits = (data.thresholds ?? []).filter((limit) => Number.isFinite(limit.value));
    const values = [...points.map(([, value]) => value), ...limits.map((limit) => limit.value)];
    const times = points.map(([time]) => time);
    const from = Math.min(...times), to = Math.max(...times);
    const low = Math.min(0, ...values), high = Math.max(...values) > low ? Math.max(...values) : low + 1;
    const x = (time) => LEFT + ((time - from) / (to - from || 1)) * (WIDTH - LEFT - RIGHT);
    const y = (value) => FLOOR - ((value - low) / (high - low)) * (FLOOR - TOP);
    const said = `${title}. ${lines.map((line) => words(line, unit)).join("; ")}.`;
    const svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": said });
    for (const band of data.bands ?? []) {
      const left = x(Math.max(from, seconds(band.start))), right = x(Math.min(to, seconds(band.end)));
      if (right >= left) svg.append(make("rect", { class: "band", x: left, y: TOP, width: Math.max(1, right - left), height: FLOOR - TOP }));
    }
    axes(svg, low, high, from, to, unit, y);
    for (const limit of limits) svg.append(make("path", { class: "limit", d: `M${LEFT} ${y(limit.value).toFixed(1)}H${WIDTH - RIGHT}` }));
    lines.forEach((line, place) => svg.append(make("path", { class: "drawn", stroke: `var(--c${place})`, d: path(line.points, x, y) })));
    const figure = document.createElement("section"), head = document.createElement("h2");
    head.textContent = title;
    figure.append(head, svg, legend(lines, limits, unit));
    return figure;
  };

  return { draw };
})();
