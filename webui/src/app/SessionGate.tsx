import type { ReactNode } from "react";
import { useSession } from "../api/session";
import { Notice } from "../ui/Notice";
import { QueryStatus } from "../ui/QueryStatus";
import { SignIn } from "./SignIn";

/** The pages, for whoever may see them; else the way in. */
export function SessionGate({ children }: { children: ReactNode }) {
  const session = useSession();
  if (session.data === undefined) return <QueryStatus query={session} what="who you are" />;
  if (session.data.signed_in) return children;
  if (session.data.mode === "proxy") {
    return (
      <Notice tone="error" title="The proxy in front of patternwatch does not say who you are">
        Open this page through it, or ask whoever runs it.
      </Notice>
    );
  }
  return <SignIn />;
}
