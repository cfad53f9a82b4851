package dev.fovea.eval.classify;

import dev.fovea.core.DualEncoder;
import dev.fovea.core.engine.ContrastiveEngine;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.technique.Adaptation;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Techniques;
import java.util.List;

/**
 * Sorts a stream of pictures, one after the other, by the class text that fits best. A technique may learn from the
 * stream: then what is said of a picture depends on those before it. One stream, one thread.
 */
public final class ZeroShotClassifier {
    private final DualEncoder clip;
    private final Matrix classes;
    private final Plan plan;
    private Adaptation stream;

    /**
     * A new stream.
     *
     * @param clip stays open as long as the stream
     * @param specs techniques as typed
     * @throws IllegalArgumentException with one sentence if techniques and budget do not fit the model
     */
    public ZeroShotClassifier(
            DualEncoder clip, ClassTexts texts, Techniques techniques, List<String> specs, Budget budget) {
        this.clip = clip;
        this.plan = clip.plan(techniques, specs, budget);
        this.stream = techniques.adaptation(
                specs, clip.shape(), budget, texts.labels().size());
        this.classes = texts.embed(clip);
    }

    /** Whether pictures go through the plain model, each by itself. */
    public boolean isPlain() {
        return plan.steps().isEmpty() && stream == Adaptation.none();
    }

    /** Looks at the next picture of the stream. */
    public Prediction classify(RgbImage picture) {
        ContrastiveEngine.Seen seen = clip.see(picture, plan, stream);
        float[] logits = clip.logits(seen.embedding(), classes);
        Adaptation.Adapted adapted = stream.after(logits, seen.trajectory());
        stream = adapted.next();
        return new Prediction(adapted.logits(), logits, clip.probabilities(adapted.logits()), seen.ledger());
    }
}
