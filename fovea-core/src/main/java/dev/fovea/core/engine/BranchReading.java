package dev.fovea.core.engine;

import dev.fovea.core.model.ModelParts;
import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The branches beside prompts that are read together: those that are read first, for their hidden states alone, and those
 * that go along with the answer.
 */
final class BranchReading implements AutoCloseable {
    private final ModelParts model;
    private final Pace pace;
    private final List<Probe> probes = new ArrayList<>();
    private final List<Tensor> embeddings = new ArrayList<>();

    private record Probe(PromptState state, Branch branch, Sequence sequence) {}

    BranchReading(ModelParts model, Pace pace) {
        this.pace = pace;
        this.model = model;
    }

    /** Lays out what a plan wants to know of a prompt before it is read. */
    void probe(PathEngine.Prompt p, List<ConnectorPass.Projected> images, PromptState state) {
        if (!state.sequence().shows()) {
            return;
        }
        for (Branch branch : p.run().book().probes()) {
            PromptLaying.Laid laid = new PromptLaying(model).branch(p, branch, images);
            if (laid.embeddings().isEmpty()) {
                throw new IllegalArgumentException(
                        "Technique '" + p.run().book().plan().technique()
                                + "' reads the prompt without its pictures, but it has no words; ask something.");
            }
            embeddings.addAll(laid.embeddings());
            probes.add(new Probe(state, branch, laid.sequence()));
        }
    }

    /** Reads them, all together, and tells each prompt. */
    void readProbes() {
        if (probes.isEmpty()) {
            return;
        }
        List<DecoderPass.Chunk> chunks = probes.stream()
                .map(probe -> new DecoderPass.Chunk(probe.sequence, 0, true))
                .toList();
        DecoderPass pass = new DecoderPass(model.decoder(), chunks, pace, true);
        pass.states(Tensors.cat(0, embeddings.toArray(Tensor[]::new)));
        Map<PromptState, Map<Branch, Matrix>> states = new IdentityHashMap<>();
        for (int i = 0; i < probes.size(); i++) {
            Probe probe = probes.get(i);
            states.computeIfAbsent(probe.state, s -> new LinkedHashMap<>())
                    .put(probe.branch, pass.taps().ofAllLayers(i));
            probe.state.tell(reading(probe.branch, probe.sequence, false));
        }
        states.forEach((state, own) -> state.sequence().statesOfBranches(own));
        close();
    }

    /**
     * Lays out what goes along with a prompt; what can be read with it.
     *
     * @param state takes them
     */
    List<PromptLaying.Laid> companions(PathEngine.Prompt p, List<ConnectorPass.Projected> images, PromptState state) {
        List<PromptLaying.Laid> read = new ArrayList<>();
        for (Branch branch : p.run().book().companions()) {
            if (!state.sequence().shows()) {
                continue;
            }
            PromptLaying.Laid laid = new PromptLaying(model).branch(p, branch, images);
            state.accompany(branch, laid.sequence());
            // A prompt may begin with its pictures: then the branch without them has nothing to read yet.
            if (!laid.embeddings().isEmpty()) {
                read.add(laid);
            }
        }
        return read;
    }

    /** Frees what was read first. */
    @Override
    public void close() {
        probes.forEach(probe -> probe.sequence.close());
        probes.clear();
    }

    /** What the ledger says of a branch. */
    static Ledger.Reading reading(Branch branch, Sequence s, boolean follows) {
        List<Integer> visual = s.shows()
                ? List.copyOf(s.decoderTokens())
                : Collections.nCopies(s.cache().layers(), 0);
        return new Ledger.Reading(branch.label(), s.words(), visual, follows);
    }
}
