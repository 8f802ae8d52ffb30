import { POLLING } from "../judge/methods.ts";
import { serve } from "../judge/serve.ts";

await serve(POLLING);
