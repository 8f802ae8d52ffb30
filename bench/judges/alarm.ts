import { ALARM } from "../judge/methods.ts";
import { serve } from "../judge/serve.ts";

await serve(ALARM);
