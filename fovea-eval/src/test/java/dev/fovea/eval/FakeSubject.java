package dev.fovea.eval;

import dev.fovea.core.image.Geometry;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Plan;
import dev.fovea.eval.cost.Geometries;
import dev.fovea.eval.subject.Reply;
import dev.fovea.eval.subject.Subject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A model that answers from the text of the question alone, at once, and keeps count. */
public final class FakeSubject implements Subject {
    public int views;
    public int asked;

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public ModelShape shape() {
        return Geometries.find("tiny-mha").shape();
    }

    @Override
    public Viewing view(RgbImage picture, Plan plan) {
        views++;
        return new Viewing() {
            @Override
            public double encodeMs() {
                return 2;
            }

            @Override
            public Reply ask(String prompt, int maxTokens) {
                asked++;
                int kept = plan.steps().isEmpty() ? 16 : 8;
                String answer = Math.floorMod(prompt.hashCode() + kept, 3) == 0 ? "yes" : "no";
                return new Reply(
                        answer,
                        List.of(7),
                        -0.25,
                        12,
                        ledger(kept),
                        List.of(new Geometry(56, 56, 56, 56, 1, 1, 0, 0, 0, 0)),
                        3,
                        4);
            }

            @Override
            public void close() {}
        };
    }

    private Ledger ledger(int kept) {
        List<Ledger.Token> tokens = new ArrayList<>();
        List<Ledger.Group> groups = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            boolean stays = i < kept;
            Ledger.Fate fate = stays ? Ledger.Fate.KEPT : Ledger.Fate.DROPPED;
            tokens.add(new Ledger.Token(0, i / 4, i % 4, List.of(new Ledger.Event("connector", fate, -1, 0f)), fate));
            if (stays) {
                groups.add(new Ledger.Group(i, new int[] {i}, new float[] {1}));
            }
        }
        return new Ledger(
                List.of(new Ledger.Grid(4, 4)),
                tokens,
                groups,
                Collections.nCopies(3, 16),
                Collections.nCopies(4, kept));
    }

    @Override
    public void close() {}
}
