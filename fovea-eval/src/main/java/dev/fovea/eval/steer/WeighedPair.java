package dev.fovea.eval.steer;

import dev.fovea.core.AskOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.Weighing;
import dev.fovea.core.learned.ContrastPair;
import dev.fovea.core.path.Attribution;
import dev.fovea.core.path.Continuation;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.technique.Plan;
import java.util.List;

/** A preference as a model sees it. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record WeighedPair(Weighing prompt, int[] preferred, int[] dispreferred) implements ContrastPair, AutoCloseable {

    static WeighedPair of(VisionLanguageModel model, Preference preference, Plan plan) {
        Weighing prompt = model.weigh(
                List.of(preference.picture().open()),
                preference.question(),
                AskOptions.defaults().withPlan(plan));
        try {
            return new WeighedPair(
                    prompt, prompt.answer(preference.preferred()), prompt.answer(preference.dispreferred()));
        } catch (RuntimeException e) {
            prompt.close();
            throw e;
        }
    }

    private int[] ids(boolean ofPreferred) {
        return ofPreferred ? preferred : dispreferred;
    }

    @Override
    public int tokens() {
        return prompt.tokens();
    }

    @Override
    public int length(boolean ofPreferred) {
        return ids(ofPreferred).length;
    }

    @Override
    public double[] values(boolean ofPreferred, Continuation.Worth worth, List<int[]> masks) {
        return prompt.values(new Continuation(ids(ofPreferred), worth), masks);
    }

    @Override
    public float[] attribution(boolean ofPreferred, Continuation.Worth worth, Attribution how, Attribution.Over over) {
        return prompt.attribution(new Continuation(ids(ofPreferred), worth), how, over);
    }

    @Override
    public List<Matrix> states(boolean ofPreferred, List<int[]> masks) {
        return prompt.states(ids(ofPreferred), masks);
    }

    @Override
    public void close() {
        prompt.close();
    }
}
