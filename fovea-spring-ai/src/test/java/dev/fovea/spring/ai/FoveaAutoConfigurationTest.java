package dev.fovea.spring.ai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.SharedModel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** What properties make of a context. */
class FoveaAutoConfigurationTest {
    private static final Path PEEK =
            Path.of("").toAbsolutePath().resolve("../models/peek").normalize();

    private final ApplicationContextRunner context =
            new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(FoveaAutoConfiguration.class));

    @Test
    void bootFindsIt() {
        assertThat(ImportCandidates.load(AutoConfiguration.class, getClass().getClassLoader()))
                .contains(FoveaAutoConfiguration.class.getName());
    }

    @Test
    void opensTheModelThatIsNamedAndClosesIt() {
        SharedModel[] opened = new SharedModel[1];
        context.withPropertyValues(
                        "spring.ai.fovea.model-path=" + PEEK,
                        "spring.ai.fovea.techniques=hiprune,attention-rebalancing",
                        "spring.ai.fovea.budget=25%",
                        "spring.ai.fovea.max-tokens=7",
                        "spring.ai.fovea.temperature=0.5",
                        "spring.ai.fovea.seed=3")
                .run(made -> {
                    FoveaChatModel model = (FoveaChatModel) made.getBean(ChatModel.class);
                    assertThat(model.getOptions())
                            .isEqualTo(FoveaChatOptions.builder()
                                    .techniques("hiprune", "attention-rebalancing")
                                    .budget("25%")
                                    .maxTokens(7)
                                    .temperature(0.5)
                                    .seed(3L)
                                    .build());
                    assertThat(model.call("What is a circle?")).isNotNull();
                    opened[0] = made.getBean(SharedModel.class);
                });
        assertThatThrownBy(() -> opened[0].model().ask(List.of(), "?")).hasMessageContaining("closed");
    }

    @Test
    void staysAwayUnlessItIsWanted() {
        context.run(made -> assertThat(made).doesNotHaveBean(ChatModel.class));
        context.withPropertyValues("spring.ai.fovea.model-path=" + PEEK, "spring.ai.model.chat=openai")
                .run(made -> assertThat(made).doesNotHaveBean(ChatModel.class));
    }

    @Test
    void aModelThatCannotBeOpenedIsSaid() {
        context.withPropertyValues("spring.ai.fovea.model-path=/no/such/model")
                .run(made -> assertThat(made).hasFailed().getFailure().hasStackTraceContaining("/no/such/model"));
    }
}
