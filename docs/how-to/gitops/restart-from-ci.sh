#!/bin/sh
# A restart from a pipeline, without a GitOps tool: a name of its own each time, and a record that goes after
# a week. Succeeds if the restart did. Needs kubectl and the date command of Linux.
#
#   NAMESPACE=shop ACCOUNT=ali-prod APP=0099b7be-5f5b-4512-a7fc-56049ef1d3a7 restart-from-ci.sh
set -eu

kind=${ACCOUNT_KIND:-CloudAccount}
# Nobody waits longer than this; a request that something holds up until then restarts nothing any more.
before=$(date -u -d '+2 hours' +%Y-%m-%dT%H:%M:%SZ)

request=$(kubectl create --output=name --filename=- <<END
apiVersion: restart-operator.dev/v1alpha1
kind: RestartRequest
metadata:
  generateName: ci-
  namespace: $NAMESPACE
spec:
  accountRef: {kind: $kind, name: $ACCOUNT}
  target: {saeApplication: {appId: $APP}}
  startBefore: "$before"
  ttlSecondsAfterFinished: 604800
END
)

# Finished comes at every end, Succeeded at a good one only.
kubectl --namespace "$NAMESPACE" wait "$request" --for=condition=Finished --timeout=2h
kubectl --namespace "$NAMESPACE" get "$request" --output=wide
succeeded=$(kubectl --namespace "$NAMESPACE" get "$request" \
  --output=jsonpath='{.status.conditions[?(@.type=="Succeeded")].status}')
[ "$succeeded" = True ]
