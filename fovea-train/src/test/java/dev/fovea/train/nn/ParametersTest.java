package dev.fovea.train.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.tensor.Tensors;
import org.junit.jupiter.api.Test;

class ParametersTest {

    @Test
    void initialValuesDependOnSeedAndNameAlone() {
        Parameters a = new Parameters(5);
        a.matrix("x", 3, 4, 0.1);
        a.matrix("y", 2, 2, 0.1);
        Parameters b = new Parameters(5);
        b.matrix("y", 2, 2, 0.1);
        b.vector("z", 1, 3);
        b.matrix("x", 3, 4, 0.1);
        try (Parameters p = a.freeze();
                Parameters q = b.freeze()) {
            assertThat(Tensors.floats(q.get("x"))).isEqualTo(Tensors.floats(p.get("x")));
            assertThat(Tensors.floats(q.get("y"))).isEqualTo(Tensors.floats(p.get("y")));
            assertThat(Tensors.floats(q.get("z"))).containsOnly(1f);
            assertThat(q.size()).isEqualTo(19);
        }
    }

    @Test
    void parametersRefuseWhatCannotBe() {
        Parameters declared = new Parameters(1);
        declared.vector("a", 0, 2);
        assertThatThrownBy(() -> declared.vector("a", 0, 2)).hasMessageContaining("'a' is declared twice");
        assertThatThrownBy(declared::values).isInstanceOf(IllegalStateException.class);
        try (Parameters p = declared.freeze()) {
            assertThatThrownBy(() -> p.vector("b", 0, 2)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> p.get("b")).hasMessageContaining("no parameter 'b'");
        }
    }
}
