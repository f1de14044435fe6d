//! The list of products: one line of registration each. Nothing else outside a product's folder
//! names its client.

use std::sync::Arc;

use crate::{
    app::ForProducts,
    cloud::{
        Clock, Provider, Registry, edas::EdasProvider, http::Http, observer::CallObserver,
        sae::SaeProvider, types::Product, volcengine::VolcengineProvider,
    },
};

/// Every product that this version serves.
#[must_use]
pub fn registry(parts: &ForProducts) -> Registry {
    let new = Make(parts);
    Registry::from([
        (Product::Sae, new.of(SaeProvider::new)),
        (Product::Edas, new.of(EdasProvider::new)),
        (Product::Volcengine, new.of(VolcengineProvider::new)),
    ])
}

struct Make<'a>(&'a ForProducts);

impl Make<'_> {
    fn of<P: Provider + 'static>(
        &self,
        new: fn(Http, Arc<dyn Clock>, Arc<dyn CallObserver>) -> P,
    ) -> Arc<dyn Provider> {
        let ForProducts {
            http,
            clock,
            observer,
        } = self.0;
        Arc::new(new(http.clone(), clock.clone(), observer.clone()))
    }
}
