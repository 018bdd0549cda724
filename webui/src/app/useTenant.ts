import { useParams } from "react-router";

/** The tenant of the address; every page but the first has one. */
export function useTenant(): string {
  const { tenant } = useParams();
  if (tenant === undefined) throw new Error("This page has no tenant in its address");
  return tenant;
}
