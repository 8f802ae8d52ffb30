import { KAYENTA } from "../judge/methods.ts";
import { serve } from "../judge/serve.ts";

await serve(KAYENTA);
