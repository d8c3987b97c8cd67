// The order in which models stand in for each other. Pure: tested by `node --test`.

/** Those that stand in, the first first. */
export const ordered = (models) => models.filter((each) => !each.is_default && each.fallback_order !== null).sort((a, b) => a.fallback_order - b.fallback_order || a.name.localeCompare(b.name));

/** The list with one of them at another place. */
export function moved(models, model, to) {
  const rest = models.filter((each) => each.id !== model.id);
  return [...rest.slice(0, to), model, ...rest.slice(to)];
}

/** [id, place] of each whose place is another than the one it has. */
export const placed = (models) => models.map((each, at) => [each.id, at + 1, each.fallback_order]).filter(([, place, before]) => place !== before).map(([id, place]) => [id, place]);
