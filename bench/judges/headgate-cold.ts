import { WITH_WARM_UP } from "../judge/methods.ts";
import { serve } from "../judge/serve.ts";

await serve(WITH_WARM_UP);
