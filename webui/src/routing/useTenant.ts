import { useParams } from "react-router";

/** The tenant in the URL; every route but the index route has one. */
export function useTenant(): string {
  const { tenant } = useParams();
  if (tenant === undefined) throw new Error("This route has no :tenant parameter");
  return tenant;
}
