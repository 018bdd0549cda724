import { Component, type ErrorInfo, type ReactNode } from "react";
import { ProblemNotice } from "../ui/Notice";

/** Shows a rendering error in place of its children, with a button that renders them again. */
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
