package dev.fovea.train.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.engine.TrainingPath.Prompt;
import dev.fovea.core.engine.TrainingPath.Span;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.SequentialPositions;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MovingWeightsTest {

    /** Grouped heads, prompts of several lengths, and some tokens asked for. */
    @ParameterizedTest
    @EnumSource
    void gradientsReachEveryWeight(Precision precision) {
        Parameters declared = new Parameters(9);
        DecoderOptions o = TinyDecoder.options(32, 16, 2, 2, 1, 24);
        TinyDecoder.declare(declared, "d.", o);
        try (Parameters p = declared.freeze();
                Scope scope = Scope.training()) {
            TrainingPath path = TrainingPath.of(TinyDecoder.of(p, "d.", o, precision), new SequentialPositions());
            Tensor logits = path.logits(List.of(words(new int[] {1, 2, 3, 4}, 1, 3), words(new int[] {5, 6}, 1)));
            assertThat(Tensors.shape(logits)).containsExactly(3, 32);
            torch.manual_seed(3);
            logits.mul(torch.randn(3, 32)).sum().backward();
            for (Parameters.Entry e : p.entries()) {
                Tensor g = p.gradients().narrow(0, e.offset(), e.size());
                assertThat(g.norm().item_float())
                        .as(e.name() + " in " + precision)
                        .isPositive();
            }
            assertThat(scope).isNotNull();
        }
    }

    private static Prompt words(int[] ids, int... asked) {
        return new Prompt(List.of(new Span.Words(ids)), PlanRun.plain(), null, null, asked);
    }

    @Test
    void weightsStoredAsOneMoveAsOne() {
        Parameters declared = new Parameters(4);
        declared.matrix("qkv.weight", 6, 3, 1);
        try (Parameters p = declared.freeze()) {
            Linear value;
            try (Scope scope = Scope.training()) {
                value = MovingWeights.of(p, Precision.F32, List.of()).linearPart("qkv", 2, 3, 2, 3, false);
                assertThat(scope).isNotNull();
            }
            for (int step = 0; step < 2; step++) {
                try (Scope scope = Scope.training()) {
                    value.forward(Tensors.of(new float[] {1, 2, 3}, 1, 3)).sum().backward();
                    assertThat(scope).isNotNull();
                }
            }
            assertThat(Tensors.floats(p.gradients()))
                    .containsExactly(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 6, 2, 4, 6);
        }
    }

    @Test
    void whatIsMissingOrOfAnotherShapeIsNamed() {
        Parameters declared = new Parameters(1);
        declared.vector("a.norm", 1, 3);
        try (Parameters p = declared.freeze()) {
            MovingWeights w = MovingWeights.of(p, Precision.BF16, List.of(Rename.of("^a\\.", "b.")));
            assertThat(w.under("b.").contains("norm")).isTrue();
            assertThat(Tensors.floats(w.tensor("b.norm", 3))).containsOnly(1);
            assertThatThrownBy(() -> w.tensor("b.norm", 4))
                    .hasMessage("Parameter 'a.norm' has shape [3], but the network asks for [4]");
            assertThatThrownBy(() -> w.under("b.").tensor("bias", 3))
                    .hasMessageStartingWith("There is no parameter for 'b.bias'");
        }
    }
}
