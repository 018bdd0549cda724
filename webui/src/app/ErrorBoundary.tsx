import { Component, type ErrorInfo, type ReactNode } from "react";
import { ProblemNotice } from "../ui/Notice";

/** A broken part says so and can be tried again; the rest of the page stays. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidCatch(error: Error, info: ErrorInfo) {
    console.error("A part of the page broke", error, info.componentStack);
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return <ProblemNotice error={this.state.error} retry={() => this.setState({ error: null })} />;
  }
}
