/** Aliases of the generated schema; no type of the API is written by hand. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type SessionRead = Schemas["SessionRead"];
export type Report = Schemas["Report"];
export type Finding = Schemas["Finding"];
export type EntityRank = Schemas["EntityRank"];
export type Evidence = Schemas["Evidence"];
export type ReportSummary = Schemas["ReportSummary"];
export type ReportRevision = Schemas["ReportRevision"];
export type AlertRead = Schemas["AlertRead"];
export type AnalysisCreate = Schemas["AnalysisCreate"];
/** What the page reads of an event of the stream of an analysis. */
export type Progress = Pick<Schemas["Progress"], "request_id" | "stage" | "done" | "of" | "note" | "report_id">;
export type Stage = Progress["stage"];
export type Trigger = Report["trigger"];
export type Pattern = Finding["pattern"];
export type PatternRead = Schemas["PatternRead"];
export type PatternType = Finding["pattern_type"];
export type VerdictPart = Schemas["VerdictPart"];
export type WatchRead = Schemas["WatchRead"];
export type WatchState = Schemas["WatchState"];
export type Mute = Schemas["Mute"];
export type MuteKind = Mute["kind"];
export type MarkVerdict = WatchRead["watch"]["marks"][number]["verdict"];
export type SuspectEntity = Schemas["SuspectEntity"];
export type SuspectSeries = Schemas["SuspectSeries"];
export type Window = Schemas["Window"];
