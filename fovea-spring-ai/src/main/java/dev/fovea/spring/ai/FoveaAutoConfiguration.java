package dev.fovea.spring.ai;

import dev.fovea.core.SharedModel;
import dev.fovea.core.image.PictureLimits;
import dev.fovea.document.DocumentLimits;
import io.micrometer.observation.ObservationRegistry;
import java.util.Objects;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * Opens the model that {@code spring.ai.fovea.model-path} names and gives it as a chat model, unless
 * {@code spring.ai.model.chat} says that another library's is wanted. Either bean may be an application's own.
 */
@AutoConfiguration
@ConditionalOnProperty("spring.ai.fovea.model-path")
@ConditionalOnProperty(name = "spring.ai.model.chat", havingValue = "fovea", matchIfMissing = true)
@EnableConfigurationProperties(FoveaProperties.class)
public class FoveaAutoConfiguration {

    /** The model, closed with the context. */
    @Bean(destroyMethod = "close")
    @ConditionalOnMissingBean
    SharedModel foveaSharedModel(FoveaProperties properties) {
        return SharedModel.open(Objects.requireNonNull(properties.modelPath()));
    }

    /** The chat model, with the properties as its options. */
    @Bean
    @ConditionalOnMissingBean
    FoveaChatModel foveaChatModel(
            SharedModel shared, FoveaProperties properties, ObjectProvider<ObservationRegistry> observations) {
        return new FoveaChatModel(
                shared,
                properties.options(),
                observations.getIfUnique(() -> ObservationRegistry.NOOP),
                PictureLimits.DEFAULT,
                DocumentLimits.DEFAULT);
    }
}
