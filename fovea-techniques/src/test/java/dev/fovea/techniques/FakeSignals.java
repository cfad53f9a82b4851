package dev.fovea.techniques;

import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Step;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Signals from a map. Like the engine it refuses what the step did not declare. */
public final class FakeSignals implements Signals {
    private final Map<Signal<?>, Object> values = new HashMap<>();
    private final Layout layout;
    private List<Signal<?>> declared = List.of();

    private FakeSignals(Layout layout) {
        this.layout = layout;
    }

    public static FakeSignals of(Layout layout) {
        return new FakeSignals(layout);
    }

    /** A prompt: {@code before} text tokens, one image of {@code rows x cols} tokens, {@code after} text tokens. */
    public static FakeSignals ofPrompt(int before, int rows, int cols, int after) {
        return of(prompt(before, rows, cols, after));
    }

    public static Layout prompt(int before, int rows, int cols, int after) {
        int n = rows * cols;
        int[] visual = new int[n];
        int[] cells = new int[n];
        for (int i = 0; i < n; i++) {
            visual[i] = before + i;
            cells[i] = i;
        }
        return new Layout(before + n + after, visual, cells, rows, cols, 1, n);
    }

    public <T> FakeSignals with(Signal<T> signal, T value) {
        values.put(signal, value);
        return this;
    }

    /** What the step decides on these signals. */
    public Outcome run(Step step) {
        this.declared = step.needs();
        return step.rule().decide(this);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T get(Signal<T> signal) {
        if (!declared.contains(signal)) {
            throw new IllegalArgumentException("The step did not declare " + signal);
        }
        if (!values.containsKey(signal)) {
            throw new IllegalArgumentException("The test gives no value for " + signal);
        }
        return (T) values.get(signal);
    }

    @Override
    public Layout layout() {
        return layout;
    }
}
