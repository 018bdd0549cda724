/**
 * The layers of src, top first. A file imports from its own room or from a lower layer, never upwards or sideways.
 * Type imports count, and so do the imports of tests. `npm run lint` runs the check.
 */
const LAYERS = [
  // The composition root mounts the app with its providers and style sheets.
  ["main.tsx"],
  // Routes and the layout of every page.
  ["app"],
  // Pages. None knows another: what two of them show lies below, links go through routing.
  ["alerts", "reports", "report", "watches"],
  // Parts of the report page below its header. They take the report as props and know nothing of the page.
  ["report/findings"],
  // Parts of pages: the verdict and labels of a report, the progress of an analysis, the chart of a series.
  ["summary", "progress", "chart"],
  // Paths and URL state; the taxonomy and icons of shapes. Neither knows the other: the URL takes any name of a shape.
  ["routing", "patterns"],
  // Components without knowledge of alerts or reports. Above api and format: they show API problems and times.
  // The event stream of a tenant, one for all tabs; it knows nothing of what its events say.
  ["ui", "events"],
  // Test data, below every room whose tests use it; rule `fixtures-in-tests-only` keeps it out of the page.
  ["fixtures"],
  // The base. No room here imports another.
  ["format", "theme", "api"],
];

const TEST = "\\.test\\.tsx?$";

/** Paths of a room without the rooms inside it, which are layers of their own: report/findings in report. */
function pathsOf(room) {
  if (room.includes(".")) return { path: `^src/${room.replace(".", "\\.")}$` };
  const inner = LAYERS.flat().filter((other) => other.startsWith(`${room}/`));
  return { path: `^src/${room}/`, ...(inner.length > 0 && { pathNot: inner.map((each) => `^src/${each}/`) }) };
}

/** One rule for each pair of a room and a layer above it, and for each pair of rooms of one layer. */
const layerRules = LAYERS.flatMap((layer, depth) =>
  layer.flatMap((room) =>
    [...LAYERS.slice(0, depth).flat(), ...layer.filter((other) => other !== room)].map((other) => ({
      name: `${room}-not-to-${other}`,
      comment: `Layers of src: ${room} lies below or beside ${other}.`,
      severity: "error",
      from: pathsOf(room),
      to: pathsOf(other),
    })),
  ),
);

const KNOWN = [...LAYERS.flat().map((room) => pathsOf(room).path), "^src/vite-env\\.d\\.ts$"];

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    ...layerRules,
    {
      name: "no-circles",
      comment: "Files that import each other are one file; move what both need to a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "every-room-in-a-layer",
      comment: "A new room of src is given its place in LAYERS.",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^src/", pathNot: KNOWN },
    },
    {
      name: "every-importer-in-a-layer",
      comment: "A new room of src is given its place in LAYERS.",
      severity: "error",
      from: { path: "^src/", pathNot: KNOWN },
      to: {},
    },
    {
      name: "fixtures-in-tests-only",
      comment: "Test data does not reach the bundle.",
      severity: "error",
      from: { path: "^src/", pathNot: [TEST, "^src/fixtures/"] },
      to: { path: "^src/fixtures/" },
    },
    {
      name: "not-to-tests",
      comment: "What a test and another file share goes into a file of its own.",
      severity: "error",
      from: {},
      to: { path: TEST },
    },
    {
      name: "no-unresolved",
      comment: "An import that does not resolve would escape every rule above.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "no-orphans",
      comment: "A file that nothing imports is dead.",
      severity: "error",
      from: { orphan: true, pathNot: "\\.d\\.ts$" },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // Without it the check would not see imports of types.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.app.json" },
    enhancedResolveOptions: { conditionNames: ["import", "types", "default"], exportsFields: ["exports"] },
  },
};
