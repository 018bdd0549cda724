import { Loader } from "@mantine/core";
import { Notice, ProblemNotice } from "./Notice";
import { Time } from "./Time";
import { asProblem } from "../api/problem";

/** What a query tells of itself (TanStack Query). */
export interface QueryState {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  /** Why the last attempt failed, while the next is waited for. */
  failureReason: unknown;
  /** When its data were loaded, in ms; 0 without any. */
  dataUpdatedAt: number;
  refetch: () => unknown;
}

/** Above what a query shows: that it is being loaded, why it cannot be, or since when it has not been. */
export function QueryStatus({ query, what }: { query: QueryState; what: string }) {
  if (query.isError) return <ProblemNotice error={query.error} retry={() => void query.refetch()} />;
  if (query.failureReason !== null) {
    const problem = asProblem(query.failureReason);
    return (
      <Notice tone={query.isPending ? "error" : "warn"} title={problem.message}>
        {problem.remedy}
        {!query.isPending && query.dataUpdatedAt > 0 && (
          <>
            {" "}
            You see {what} of <Time ms={query.dataUpdatedAt} as="both" />.
          </>
        )}
      </Notice>
    );
  }
  if (query.isPending) return <Loader size="sm" m="lg" aria-label={`Loading ${what}`} />;
  return null;
}
